from __future__ import annotations

import pytest

from cockpit.metrics.series import Goal, goal_of

UP = (
    "metrics/mAP50(B)", "metrics/mAP50-95(M)", "metrics/mAP_0.5", "metrics/mAP_0.5:0.95",
    "metrics/precision(B)", "metrics/recall", "metrics/accuracy_top1", "metrics/accuracy_top5",
    "eval_top1", "eval_top5", "top1_acc", "Acc@1", "val_acc", "valAcc", "train_acc_step", "acc5",
    "eval_accuracy", "metrics/IoU", "mIoU", "mean_iou", "metrics/PD", "f1", "eval_f1", "macro_f1",
    "AP", "AP50", "bbox_mAP", "bbox_mAP_50", "coco/bbox_mAP_50", "val/mAP@0.5", "auroc", "val_dice",
    "eval_rouge1", "bleu", "psnr", "r2", "episode_reward", "balanced_accuracy",
)  # fmt: skip
DOWN = (
    "train/box_loss", "loss", "eval_loss", "val/seg_loss(M)", "train_loss_epoch", "trainLoss",
    "top1_error", "top1_err", "error_rate", "map_loss", "accuracy_error", "perplexity", "eval_ppl",
    "val_perplexity", "wer", "eval_wer", "cer", "rmse", "val_mae", "mse", "metrics/FA", "nll",
)  # fmt: skip
NONE = (
    "lr", "lr/pg0", "x/lr0", "learning_rate", "epoch", "step", "grad_norm", "samples_per_s",
    "accumulation_steps", "accelerator_id", "bitmap", "heatmap_time", "mapping_s", "gpu_mem",
    "face_count", "surface", "momentum", "pdf", "far", "weight_decay", "",
)  # fmt: skip


@pytest.mark.parametrize(
    ("names", "goal"), [(UP, Goal.UP), (DOWN, Goal.DOWN), (NONE, Goal.NONE)], ids=str
)
def test_which_way_a_metric_is_better(names: tuple[str, ...], goal: Goal) -> None:
    assert {name: goal_of(name) for name in names} == dict.fromkeys(names, goal)
