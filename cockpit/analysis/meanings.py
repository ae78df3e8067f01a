"""What each cause of a failure is in words, and what to try. Only data.

The keys are the stable codes that the rows of `patterns.py` name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a cause is in words, and what to try."""

    what: str
    remedies: tuple[str, ...]


_SHM: Final = (
    "enlarge /dev/shm: docker --shm-size=16g or --ipc=host",
    "fewer dataloader workers",
    "torch.multiprocessing.set_sharing_strategy('file_system')",
)
SIGKILL: Final = "killed by SIGKILL: the kernel for lack of memory, or a person"
SIGKILL_REMEDIES: Final = (
    "dmesg -T | grep -i kill, and memory.events of the cgroup, tell whether memory was short",
    "fewer dataloader workers, no cache in memory",
)
_BATCH: Final = ("a smaller batch", "mixed precision, or smaller inputs")
_OTHER_RANK: Final = (
    "read the log of the rank that is missing or died first",
    "start with --log-dir and --tee 3, so that each rank keeps its own log",
)

NARROWER: Final[Mapping[str, str]] = {
    "checkpoint_damaged": "checkpoint_mismatch",
    "missing_module": "user_bug",
}
"""Told apart for what to say and to try; the stable code that is given is the wider one."""
MEANINGS: Final[Mapping[str, Meaning]] = {
    "address_in_use": Meaning(
        "a port is taken by another process",
        (
            "another port, or torchrun --standalone, which takes a free one",
            "see who holds it: ss -ltnp",
        ),
    ),
    "bad_labels": Meaning(
        "a label lies outside the classes of the model",
        (
            "compare the number of classes (nc) with the labels of the data set",
            "labels count from 0; mark what is to be ignored with ignore_index",
        ),
    ),
    "checkpoint_damaged": Meaning(
        "a checkpoint is cut short or damaged",
        ("resume from an older checkpoint, and delete this one", "see whether the disk is full"),
    ),
    "checkpoint_mismatch": Meaning(
        "the checkpoint does not fit the model",
        (
            "build the model with the settings that the checkpoint was trained with",
            "strip the prefix module. of a checkpoint saved under DDP",
            "load with strict=False where only the head differs",
        ),
    ),
    "cublas_alloc_failed": Meaning(
        "cuBLAS got no memory on the GPU",
        _BATCH,
    ),
    "cuda_not_available": Meaning(
        "torch sees no usable GPU",
        (
            "run nvidia-smi; then in the training interpreter: torch.cuda.is_available()",
            "install the CUDA build of torch; look at CUDA_VISIBLE_DEVICES",
        ),
    ),
    "cuda_oom": Meaning("the GPU has no memory left", _BATCH),
    "cudnn_error": Meaning(
        "cuDNN failed",
        (
            "a smaller batch: cuDNN often says this when memory is short",
            "take a foreign cuDNN out of LD_LIBRARY_PATH",
        ),
    ),
    "dataloader_worker_killed": Meaning(
        "a worker process of a DataLoader died",
        (
            "num_workers=0 shows the real error",
            "fewer workers or less cache: the host may have no memory left (dmesg tells)",
        ),
    ),
    "ddp_shape_mismatch_between_ranks": Meaning(
        "the ranks hold tensors of different shapes",
        (
            "build the model on every rank from the same settings, before DDP",
            "see that no rank skips a batch: drop_last=True",
        ),
    ),
    "ddp_unused_parameters": Meaning(
        "some parameters got no gradient, and DDP waits for them",
        (
            "find_unused_parameters=True, or freeze them",
            "TORCH_DISTRIBUTED_DEBUG=INFO names them",
        ),
    ),
    "device_mismatch_tensors": Meaning(
        "tensors of one operation lie on different devices",
        ("move model, inputs and targets with .to(device) to one device",),
    ),
    "device_side_assert": Meaning(
        "an index was out of range in a GPU kernel",
        (
            "run once with CUDA_LAUNCH_BLOCKING=1, or on the CPU: the traceback is then right",
            "check labels, class count and vocabulary size",
        ),
    ),
    "disk_full": Meaning(
        "the disk is full",
        (
            "free space (df -h), then resume from the checkpoint before the last",
            "keep fewer checkpoints",
        ),
    ),
    "driver_too_old": Meaning(
        "the NVIDIA driver does not fit this CUDA",
        (
            "a newer driver, or a torch wheel for an older CUDA",
            "after a driver update: reboot",
        ),
    ),
    "ecc_error": Meaning(
        "the memory of a GPU is faulty",
        (
            "nvidia-smi -q -d ECC,ROW_REMAPPER; reset the GPU",
            "leave this GPU out, and have it replaced when it comes again",
        ),
    ),
    "fork_reinit_cuda": Meaning(
        "CUDA was used before the process was forked",
        (
            "no CUDA call in the data set or before the workers start",
            "multiprocessing start method 'spawn'",
        ),
    ),
    "gpu_lost": Meaning(
        "a GPU fell off the bus",
        (
            "resume on the other GPUs; a cold reboot brings it back",
            "look at power, heat and the riser when it comes again",
        ),
    ),
    "host_oom_kill": Meaning(
        "the host ran out of memory",
        (
            "fewer dataloader workers, no cache in memory",
            "more memory for the job (Slurm: --mem)",
        ),
    ),
    "illegal_memory_access": Meaning(
        "a GPU kernel touched memory that is not its own",
        (
            "run once with CUDA_LAUNCH_BLOCKING=1 to find the operation",
            "update torch and custom kernels; look for Xid lines in dmesg",
        ),
    ),
    "interrupted": Meaning("the training was told to stop", ("resume from the last checkpoint",)),
    "launcher_arg_mismatch": Meaning(
        "launcher and script do not fit together",
        (
            "start a DDP script with torchrun, and let it read LOCAL_RANK from the environment",
            "compare the arguments with what the script's --help lists",
        ),
    ),
    "missing_dataset_path": Meaning(
        "a file or folder does not exist",
        ("correct the path; a relative one counts from the working folder of the run",),
    ),
    "missing_module": Meaning(
        "a Python module is missing",
        ("install it in the training interpreter",),
    ),
    "missing_shared_library": Meaning(
        "a shared library is missing or does not fit",
        (
            "install it, or correct LD_LIBRARY_PATH",
            "reinstall torch and what was compiled against it",
        ),
    ),
    "nan_loss": Meaning(
        "the loss became NaN",
        (
            "a lower learning rate or a longer warm-up",
            "bf16 instead of fp16; clip gradients",
            "torch.autograd.set_detect_anomaly(True) names the operation",
        ),
    ),
    "nccl_network": Meaning(
        "the ranks lost each other over the network",
        (
            *_OTHER_RANK,
            "NCCL_DEBUG=INFO; set NCCL_SOCKET_IFNAME to the interface that joins the nodes",
        ),
    ),
    "nccl_p2p_or_topology": Meaning(
        "NCCL cannot use the links between these GPUs",
        (
            "for a test NCCL_P2P_DISABLE=1, or NCCL_NVLS_ENABLE=0",
            "switch off IOMMU and ACS; restart nvidia-fabricmanager",
        ),
    ),
    "nccl_timeout": Meaning(
        "a rank did not come to a collective in time",
        (
            *_OTHER_RANK,
            "all ranks need the same number of batches: DistributedSampler, drop_last=True",
        ),
    ),
    "nccl_version_mismatch": Meaning(
        "the NCCL versions do not fit",
        (
            "the same environment on all nodes",
            "no other NCCL in LD_LIBRARY_PATH than the one of torch",
        ),
    ),
    "no_kernel_image": Meaning(
        "this build of torch has no code for this GPU",
        ("install a torch build whose torch.cuda.get_arch_list() names this GPU",),
    ),
    "no_network_download": Meaning(
        "a download failed: this machine does not reach the address",
        (
            "fetch the file beforehand, and give its path",
            "set a proxy, or HF_HUB_OFFLINE=1 where the cache holds it",
        ),
    ),
    "numpy_abi": Meaning(
        "the installed NumPy does not fit the other packages",
        ("install numpy<2 in the training interpreter, or packages built for NumPy 2",),
    ),
    "out_of_gpu_index": Meaning(
        "a GPU was asked for that is not there",
        (
            "as many ranks as visible GPUs; torch.cuda.set_device(LOCAL_RANK)",
            "inside CUDA_VISIBLE_DEVICES the GPUs count from 0",
        ),
    ),
    "permission_denied": Meaning(
        "a file may not be read or written",
        ("correct owner or mode, or choose another folder",),
    ),
    "preempted": Meaning(
        "the scheduler took the machine away",
        (
            "resume from the last checkpoint, with a longer time limit",
            "save on a warning signal: sbatch --signal=B:USR1@120 --requeue",
        ),
    ),
    "rendezvous_timeout": Meaning(
        "the ranks did not find each other at the start",
        (
            "see that every node was started, with the same endpoint and id",
            "open the port of the rendezvous between the nodes",
        ),
    ),
    "segfault": Meaning(
        "native code crashed (segmentation fault)",
        (
            "python -X faulthandler names the place; try num_workers=0",
            "reinstall compiled packages against this torch",
        ),
    ),
    "shm_bus_error": Meaning("/dev/shm is full", _SHM),
    "sighup_terminal_closed": Meaning(
        "the terminal was closed, and its hang-up signal reached the training",
        (
            "start it with cockpit run, which outlives the terminal; nohup is not enough for "
            "torchrun",
            "resume from the last checkpoint",
        ),
    ),
    "spawn_main_guard": Meaning(
        "the script starts processes while it is being imported",
        ("put the start of the script under if __name__ == '__main__':",),
    ),
    "too_many_open_files": Meaning(
        "the limit of open files was reached",
        (
            "ulimit -n 65536",
            "torch.multiprocessing.set_sharing_strategy('file_system')",
        ),
    ),
    "torchvision_nms_mismatch": Meaning(
        "torch and torchvision were not built for each other",
        ("reinstall both together from one index",),
    ),
    "unknown": Meaning("the job failed", ("read the end of the log",)),
    "user_bug": Meaning("the training script raised an exception", ()),
    "weights_only_unpickling": Meaning(
        "torch.load refuses objects that are not weights",
        (
            "for a file you trust: TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1, or weights_only=False",
            "a newer version of the framework",
        ),
    ),
    "xla_other": Meaning(
        "the XLA runtime failed",
        ("torch and torch_xla of the same version; PJRT_DEVICE as the machine has it",),
    ),
    "xla_tpu_in_use": Meaning(
        "the TPU is used by another process",
        (
            "end the process that holds it",
            "when none does: remove /tmp/libtpu_lockfile",
        ),
    ),
}
