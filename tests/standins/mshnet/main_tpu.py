# ruff: noqa: RUF001 (the words of the original)
from __future__ import annotations

import os

from mshnet import Trainer, parser  # type: ignore[import-not-found]  # beside this file

try:
    import torch_xla  # type: ignore[import-not-found]  # noqa: F401

    TPU_AVAILABLE = True
    print("✓ TPU库加载成功")
except ImportError:
    TPU_AVAILABLE = False
    print("✗ TPU库未安装，将使用GPU/CPU")

os.environ["CUDA_VISIBLE_DEVICES"] = "0"

if __name__ == "__main__":
    made = parser()
    made.add_argument("--use-tpu", action="store_true")
    made.add_argument("--num-cores", type=int, default=8)
    args = made.parse_args()
    if args.use_tpu and TPU_AVAILABLE:
        print(f"启动TPU训练，使用{args.num_cores}个核心")
        if args.num_cores != 1:
            raise ValueError(
                f"Unsupported nprocs ({args.num_cores}). Please use nprocs=1 or None (default)."
            )
    else:
        print("CUDA is not available, using CPU instead")
    Trainer(args).run()
