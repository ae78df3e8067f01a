"""What failures say: one row for each wording of a cause in `meanings.py`. Only data.

A new failure is a new row; the engine in `cause.py` does not change. Rows are tried from top to
bottom, and the first that fits a text counts, so the narrower wording stands above the wider one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cockpit.analysis.meanings import SIGKILL, SIGKILL_REMEDIES


class Weight(IntEnum):
    """How near to the beginning of a failure a text stands; the smaller counts."""

    HOST = 0
    """The kernel or the driver says it: whatever the processes say is its echo."""
    FIRST = 1
    """A cause of its own; of several the earliest counts."""
    AFTERMATH = 2
    """Said by those who waited for a rank that had died, or by those who were told to end."""
    HINT = 3
    """No failure by itself: it explains one, or is all there is."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One wording of one cause."""

    code: str
    needles: tuple[str, ...]
    """Plain texts of which one must stand there before the expression is tried."""
    expression: re.Pattern[str]
    """Its named groups become facts; `_2` and so on are taken off, for names must differ."""
    weight: Weight = Weight.FIRST
    is_said: bool = False
    """It counts wherever it stands; the others only in an exception, or when a run has failed."""
    what: str | None = None
    """Instead of the meaning of the code; `{group}` is filled from the expression."""
    remedies: tuple[str, ...] | None = None
    """Instead of those of the code."""
    explains: frozenset[str] = frozenset()
    """The causes that it makes more exact, wherever it stands."""
    beside: re.Pattern[str] | None = None
    """This must stand in the same traceback."""


def _row(
    code: str,
    needles: str,
    wordings: tuple[str, ...],
    *,
    weight: Weight = Weight.FIRST,
    said: bool = False,
    what: str | None = None,
    remedies: tuple[str, ...] | None = None,
    explains: str = "",
    beside: str | None = None,
) -> Pattern:
    return Pattern(
        code,
        tuple(needles.split("|")),
        re.compile("|".join(wordings)),
        weight,
        said,
        what,
        remedies,
        frozenset(explains.split()),
        re.compile(beside) if beside else None,
    )


# The formatter would give each wording a line of its own.
# fmt: off
_HOST: Final = (
    _row("ecc_error", "NVRM: Xid",
         (r"NVRM: Xid \((?:PCI:)?(?P<pci>[0-9a-fA-F:.]+)[^)]*\):\s*(?P<xid>48|63|64|74|92|94|95"
          r"|140)\b",),
         weight=Weight.HOST, said=True),
    _row("gpu_lost", "NVRM: Xid",
         (r"NVRM: Xid \((?:PCI:)?(?P<pci>[0-9a-fA-F:.]+)[^)]*\):\s*(?P<xid>79|119|120|110)\b",),
         weight=Weight.HOST, said=True),
    _row("gpu_lost", "fallen off the bus|GPU is lost|Unable to determine the device handle",
         (r"fallen off the bus", r"GPU is lost",
          r"Unable to determine the device handle for GPU ?(?P<pci>[0-9a-fA-F:.]*)"),
         weight=Weight.HOST, said=True),
    _row("ecc_error", "ncorrectable|uncorrected ECC|ECC error",
         (r"(?i)uncorrect(?:able|ed) (?:ECC|NVLink|double.bit)", r"double.bit ECC error",
          r"cudaErrorECCUncorrectable"),
         weight=Weight.HOST, said=True),
    _row("illegal_memory_access", "NVRM: Xid",
         (r"NVRM: Xid \((?:PCI:)?(?P<pci>[0-9a-fA-F:.]+)[^)]*\):\s*(?P<xid>13|31)\b",),
         weight=Weight.HINT),
    _row("host_oom_kill", "emory cgroup out of memory",
         (r"[Mm]emory cgroup out of memory: Kill(?:ed)? process (?P<pid>\d+) \("
          r"(?P<process>[^)]+)\)",),
         weight=Weight.HOST, said=True,
         what="the memory limit of the job was reached, and the kernel killed {process}"),
    _row("host_oom_kill", "Out of memory: Kill|out of memory: Kill",
         (r"[Oo]ut of memory: Kill(?:ed)? process (?P<pid>\d+) \((?P<process>[^)]+)\)",),
         weight=Weight.HOST, said=True,
         what="the host ran out of memory, and the kernel killed {process}"),
    _row("host_oom_kill",
         "oom_kill|oom-kill|OOM Kill|OOMKilled|oom_reaper|out-of-memory handler",
         (r"oom[-_]kill(?:er| event|:)", r"OOM Killed", r"OOMKilled", r"oom_reaper: reaped",
          r"out-of-memory handler"),
         weight=Weight.HOST, said=True,
         what="the memory limit of the job was reached, and the kernel killed a process"),
    _row("host_oom_kill", "Out Of Memory",
         (r"task \d+(?:-\d+)?: Out Of Memory",),
         weight=Weight.HOST, said=True),
    _row("host_oom_kill", "memory limit",
         (r"[Ee]xceeded (?:job|step|virtual) memory limit",),
         weight=Weight.HOST, said=True),
    _row("host_oom_kill", "memory pressure",
         (r"Workers? killed due to memory pressure",
          r"killed .* to prevent (?:the node from running )?out.of.memory"),
         weight=Weight.HOST, said=True),
)

_ENDS: Final = (
    _row("preempted", "DUE TO",
         (r"CANCELLED AT \S+ DUE TO (?P<reason>TIME LIMIT|PREEMPTION|NODE FAILURE|JOB REQUEUE)",),
         weight=Weight.AFTERMATH, said=True, what="Slurm ended the job: {reason}"),
    _row("preempted", "preempt|Preempt|Spot",
         (r"(?i)\b(?:instance|vm|node|job|pod|task)\b.{0,40}\b(?:was |has been |is being "
          r"|will be )?preempted",
          r"spot (?:instance )?(?:interruption|termination) notice"),
         weight=Weight.AFTERMATH, said=True),
    _row("sighup_terminal_closed", "death signal",
         (r"Received (?:1|Signals\.SIGHUP|SIGHUP) death signal",),
         weight=Weight.AFTERMATH, said=True),
    _row("sighup_terminal_closed", "got signal",
         (r"got signal: (?:1|Signals\.SIGHUP)\b",),
         weight=Weight.AFTERMATH),
    _row("interrupted", "death signal",
         (r"Received (?P<signal>\d+|Signals\.\w+|SIG\w+) death signal",),
         weight=Weight.AFTERMATH, said=True),
    _row("interrupted", "got signal",
         (r"got signal: (?P<signal>\d+|Signals\.\w+)",),
         weight=Weight.AFTERMATH),
    _row("interrupted", "CANCELLED AT",
         (r"(?:JOB|STEP) \S+ .*CANCELLED AT (?!\S+ DUE TO)",),
         weight=Weight.AFTERMATH, said=True, what="the Slurm job was cancelled"),
    _row("interrupted", "KeyboardInterrupt",
         (r"^KeyboardInterrupt\b", r"^\^C"),
         weight=Weight.AFTERMATH, what="the training was interrupted from the keyboard (SIGINT)"),
    _row("interrupted", "killed by signal",
         (r"is killed by signal: (?P<signal>Terminated|Interrupt)",),
         weight=Weight.AFTERMATH),
    _row("interrupted", "Terminated",
         (r"^(?:\S+: line \d+:\s+\d+ )?Terminated\b",),
         weight=Weight.AFTERMATH),
    _row("sighup_terminal_closed", "Hangup",
         (r"^(?:\S+: line \d+:\s+\d+ )?Hangup\b",),
         weight=Weight.AFTERMATH),
)

_MEMORY: Final = (
    _row("shm_bus_error",
         "shared memory(shm)|/dev/shm|shared memory object|shared memory segment|"
         "posix_fallocate|write to file </torch_",
         (r"unable to (?:allocate|resize|open|mmap|write).{0,40}(?:shared memory|/torch_)"
          r".*(?:No space left|Cannot allocate)",
          r"posix_fallocate failed ?: No space left", r"unable to write to file </torch_",
          r"No space left on device.*/dev/shm",
          r"/dev/shm.*No space left",
          r"Error while (?:creating|attaching to|opening).*shared memory segment"),
         said=True, explains="dataloader_worker_killed"),
    _row("shm_bus_error", "us error",
         (r"Unexpected bus error encountered in worker", r"killed by signal: Bus error",
          r"Bus error \(core dumped\)", r"Fatal Python error: Bus error",
          r"insufficient shared memory", r"^(?:\S+: line \d+:\s+\d+ )?Bus error\b"),
         said=True, explains="dataloader_worker_killed"),
    _row("too_many_open_files",
         "Too many open files|ancdata|unable to open shared memory object",
         (r"Too many open files", r"received \d+ items of ancdata",
          r"unable to open shared memory object.*\(24\)")),
    _row("cuda_oom", "emory|MALLOC",
         (r"(?:CUDA|HIP|MPS backend) out of memory", r"CUDA (?:driver )?error: out of memory",
          r"cuda runtime error \(2\)", r"Cuda failure (?:2 )?'out of memory'",
          r"cudaErrorMemoryAllocation", r"^(?:torch\.)?(?:cuda\.)?OutOfMemoryError",
          r"CUDA_ERROR_OUT_OF_MEMORY")),
    _row("cublas_alloc_failed", "CUBLAS_STATUS",
         (r"CUBLAS_STATUS_(?:ALLOC_FAILED|NOT_INITIALIZED)",)),
    _row("host_oom_kill", "DefaultCPUAllocator|Errno 12|MemoryError|std::bad_alloc",
         (r"DefaultCPUAllocator: (?:can't|not enough memory|can't allocate)", r"\[Errno 12\]",
          r"^(?:numpy\.\S*)?_?(?:Array)?MemoryError\b", r"std::bad_alloc"),
         what="the host has no memory left"),
)

_BY_INDEX: Final = "device_side_assert illegal_memory_access cublas_alloc_failed cudnn_error"
"""What a kernel leaves behind that was given a wrong index."""

_LABELS: Final = (
    _row("bad_labels", "n_classes",
         (r"Assertion .?\(?(?:t|cur_target|target_val|target)\b.* >= 0 && .*n_classes.? failed",),
         said=True, explains=_BY_INDEX),
    _row("bad_labels", "Loss.cu",
         (r"Loss\.cu:\d+:.*Assertion .*(?:input_val|target_val|zero|one).* failed",),
         said=True, explains=_BY_INDEX),
    _row("bad_labels", "is out of bounds",
         (r"IndexError: Target (?P<label>-?\d+) is out of bounds",),
         what="the label {label} lies outside the classes of the model"),
    _row("bad_labels", "Class values must be|class values must be",
         (r"[Cc]lass values must be (?:smaller than num_classes|non-negative)",)),
    _row("bad_labels",
         "elements of target|elements of input|class count|Label class|label class|"
         "class labels",
         (r"all elements of (?:target|input) should be between 0 and 1",
          r"[Ll]abel class \d+ exceeds", r"[Pp]ossible class labels are",
          r"label class .* out of range")),
    _row("device_side_assert", "Assertion",
         (r"(?:\.cu|\.cuh|\.h):\d+:.*(?:[Bb]lock|[Tt]hread).*Assertion .* failed",),
         said=True, explains=_BY_INDEX),
    _row("device_side_assert", "device-side assert",
         (r"device-side assert triggered",)),
)

_CUDA: Final = (
    _row("fork_reinit_cuda", "forked subprocess",
         (r"Cannot re-?initialize (?:CUDA|XPU|ROCm) in forked subprocess",)),
    _row("fork_reinit_cuda", "initialization error",
         (r"CUDA error: initialization error", r"cuda runtime error \(3\)"),
         beside=r"(?i)worker|fork"),
    _row("no_kernel_image", "kernel image|invalid device function|NoKernelImage",
         (r"no kernel image is available", r"invalid device function",
          r"cudaErrorNoKernelImageForDevice")),
    _row("no_kernel_image", "not compatible with the current PyTorch",
         (r"with CUDA capability (?P<arch>sm_\d+\w?) is not compatible with the current PyTorch",),
         weight=Weight.HINT,
         explains="cudnn_error cublas_alloc_failed illegal_memory_access unknown"),
    _row("driver_too_old", "driver|Driver/library|unsupported toolchain|"
         "forward compatibility|CUDA Driver",
         (r"NVIDIA driver on your system is too old(?: \(found version (?P<driver>\d+)\))?",
          r"CUDA driver version is insufficient", r"unsupported display driver",
          r"PTX was compiled with an unsupported toolchain", r"CUDA Driver version found is",
          r"Driver/library version mismatch", r"forward compatibility was attempted",
          r"cudaErrorInsufficientDriver"),
         explains="cuda_not_available unknown"),
    _row("driver_too_old", "driver|forward compatibility",
         (r"NVIDIA driver on your system is too old(?: \(found version (?P<driver>\d+)\))?",
          r"forward compatibility was attempted", r"unsupported display driver",
          r"Driver/library version mismatch"),
         weight=Weight.HINT, explains="cuda_not_available unknown"),
    _row("out_of_gpu_index",
         "invalid device ordinal|nvalid device id|Duplicate GPU|device_count",
         (r"invalid device ordinal", r"[Ii]nvalid device id",
          r"Duplicate GPU detected ?: rank (?P<first_rank>\d+) and rank "
          r"(?P<second_rank>\d+) both on CUDA device (?P<pci>\w+)",
          r"deserialize object on CUDA device \d+ but torch\.cuda\.device_count\(\) is",
          r"(?s:Invalid CUDA 'device=.*is_available\(\): True)")),
    _row("out_of_gpu_index", "ncclInvalidUsage|invalid usage",
         (r"ncclInvalidUsage", r"NCCL error.*invalid usage"),
         what="NCCL was used wrongly, most often two ranks on one GPU"),
    _row("cuda_not_available",
         "CUDA|Cuda|NVIDIA driver|NCCL built in|GPUs are available|No GPU|NCCL backend",
         (r"Torch not compiled with CUDA enabled", r"Cuda is not available",
          r"CUDA is not available", r"No CUDA GPUs are available",
          r"no CUDA-capable device is detected", r"Found no NVIDIA driver",
          r"torch\.cuda\.is_available\(\) is False", r"Distributed package doesn't have NCCL",
          r"(?s:Invalid CUDA 'device=.*is_available\(\): False)", r"CUDA unknown error",
          r"busy or unavailable",
          r"Attempting to deserialize object on a CUDA device",
          r"ProcessGroupNCCL is only supported with GPUs", r"NCCL backend but no GPUs",
          r"No GPUs? (?:found|available)", r"cudaErrorNoDevice")),
    _row("gpu_lost", "lost|unknown error",
         (r"CUDA error: (?:GPU is lost|device (?:is )?lost)",)),
    _row("illegal_memory_access",
         "illegal memory access|misaligned address|unspecified launch failure|"
         "illegal instruction|IllegalAddress",
         (r"an illegal memory access was encountered", r"misaligned address",
          r"unspecified launch failure", r"an illegal instruction was encountered",
          r"cudaErrorIllegalAddress")),
    _row("cuda_not_available", "CUDA error",
         (r"CUDA error: (?:initialization error|unknown error|system not yet initialized)",)),
    _row("device_mismatch_tensors",
         "same device|weight type|device type|on device|be on the same",
         (r"to be on the same device", r"not (?:at|on) the same device",
          r"Input type \(torch\.cuda\.\w+\) and weight type \(torch\.(?!cuda)\w+\)",
          r"Input type \(torch\.(?!cuda)\w+\) and weight type \(torch\.cuda",
          r"Expected object of (?:device|backend) type \w+ but got",
          r"on the same device as the indexed tensor",
          r"must have its parameters and buffers on device",
          r"Expected condition, x and y to be on the same device")),
    _row("cudnn_error", "CUDNN|cuDNN|cudnn|unable to find an engine",
         (r"CUDNN_STATUS_\w+", r"cuDNN error", r"unable to find an engine to execute",
          r"Unable to find a valid cuDNN", r"cuDNN version incompatibility")),
    _row("cublas_alloc_failed", "CUBLAS_STATUS",
         (r"CUBLAS_STATUS_\w+",),
         what="cuBLAS failed"),
)

_INSTALLED: Final = (
    _row("nccl_version_mismatch", "NCCL|nccl",
         (r"[Mm]ismatched NCCL version", r"NCCL version mismatch", r"undefined symbol: nccl\w+")),
    _row("torchvision_nms_mismatch", "nms|C++ ops|torchvision",
         (r"torchvision::nms", r"Couldn't load custom C\+\+ ops",
          r"module 'torchvision' has no attribute '(?:extension|ops)'",
          r"torchvision/_C\S*\.so: undefined symbol")),
    _row("numpy_abi", "umpy|umPy|ABI",
         (r"numpy\.dtype size changed", r"numpy\.(?:_?core)\.multiarray failed to import",
          r"Numpy is not available", r"compiled against (?:API|ABI) version",
          r"No module named 'numpy\.(?:_core|core|rec|strings)\b",
          r"module 'numpy' has no attribute '(?P<attribute>\w+)'", r"was removed in the NumPy 2",
          r"numpy\.ufunc size changed")),
    _row("numpy_abi", "_ARRAY_API|compiled using NumPy 1",
         (r"_ARRAY_API not found", r"compiled using NumPy 1\.x cannot be run in"),
         weight=Weight.HINT,
         explains="user_bug missing_module missing_shared_library segfault unknown"),
    _row("xla_other", "_XLAC|libtpu",
         (r"undefined symbol.*_XLAC", r"_XLAC.*undefined symbol",
          r"libtpu\S*: (?:cannot open|undefined symbol)")),
    _row("missing_shared_library",
         "shared object|undefined symbol|GLIBC|CXXABI|Could not load library|"
         "DLL load failed|wrong ELF",
         (r"(?P<library>[\w.+-]+\.so[\w.]*): cannot open shared object",
          r"undefined symbol: (?P<symbol>\w+)",
          r"version `(?P<version>(?:GLIBCXX?|CXXABI|GLIBC)_[\d.]+)' not found",
          r"Could not load library (?P<library_2>\S+)\. Error", r"cannot open shared object file",
          r"DLL load failed", r"wrong ELF class")),
    _row("missing_module", "No module named",
         (r"No module named '?(?P<module>(?P<package>\w+)[\w.]*)'?",),
         what="the Python module {module} is missing",
         remedies=("install {package} in the training interpreter",
                   "look whether the right interpreter was used")),
    _row("missing_module", "annot import name",
         (r"cannot import name '(?P<name>\w+)' from (?!partially)'?(?P<module>[\w.]+)'?",),
         what="{module} has no {name}: its version does not fit",
         remedies=("install the version of {module} that the script was written for",)),
    _row("weights_only_unpickling", "eights only load failed|eights_only|WeightsUnpickler",
         (r"Weights only load failed", r"WeightsUnpickler error",
          r"Unsupported (?:global|operand|class).*weights_only")),
)

_FILES: Final = (
    _row("disk_full",
         "No space left|unexpected pos|Disk quota|ErrnoE 28|Errno 122|file write failed|"
         "iostream error",
         (r"No space left on device", r"inline_container\.cc:?\d*\]?.*unexpected pos",
          r"Disk quota exceeded", r"\[Errno 122\]", r"PytorchStreamWriter failed",
          r"iostream error")),
    _row("checkpoint_damaged",
         "PytorchStreamReader|Ran out of input|pickle data was truncated|"
         "not a loadable checkpoint|failed finding central directory|nvalid load key|"
         "InvalidHeader|HeaderTooLarge|IncompleteMetadata",
         (r"PytorchStreamReader failed", r"EOFError: Ran out of input",
          r"pickle data was truncated", r"is not a loadable checkpoint",
          r"failed finding central directory", r"invalid load key, '",
          r"SafetensorError.*(?:Invalid|Incomplete|TooLarge)")),
    _row("checkpoint_mismatch",
         "state_dict|state dict|size mismatch for|nothing to resume|parameter group",
         (r"Error\(s\) in loading state_dict for (?P<model>\w+)",
          r"size mismatch for (?P<parameter>[\w.]+): copying a param",
          r"(?:Missing|Unexpected) key\(s\) in state_dict", r"loaded state dict (?:contains|has)",
          r"doesn't match the size of optimizer's group", r"nothing to resume")),
    _row("permission_denied",
         "ermission denied|Errno 13|PermissionError|Read-only file system",
         (r"(?:\[Errno 13\] )?[Pp]ermission denied(?:: '?(?P<path>[^']+)'?)?", r"PermissionError",
          r"Read-only file system(?:: '(?P<path_4>[^']+)')?")),
    _row("no_network_download",
         "resolve|resolution|ame or service not known|Max retries|establish a new connection|"
         "Couldn't reach|URLError|"
         "etwork is unreachable|ownload failure|connect to 'https|LocalEntryNotFound|"
         "offline|couldn't connect|OfflineMode|getaddrinfo",
         (r"Max retries exceeded with url", r"Failed to establish a new connection",
          r"Couldn't reach .* on the Hub",
          r"(?i:urlopen error|temporary failure in name resolution|name or service not known"
          r"|getaddrinfo failed|failed to resolve)",
          r"Network is unreachable", r"Download failure for", r"couldn't connect to 'https",
          r"LocalEntryNotFoundError", r"OfflineModeIsEnabled", r"Environment may be offline",
          r"can't load .* for .* offline"),
         beside=r"(?i)http|url|download|hub|requests|socket|ftp"),
    _row("missing_dataset_path", "can't open file",
         (r"can't open file '?(?P<path>[^':]+)'?: \[Errno 2\]",),
         said=True, what="{path} does not exist"),
    _row("nccl_network", "pymp-|torch_shm|/tmp/torch",
         (r"\[Errno 2\] No such file or directory: '(?:/\S*)?/(?:pymp-|torch_)",),
         weight=Weight.AFTERMATH),
    _row("missing_dataset_path",
         "images not found|missing path|Dataset not found|No labels|No images|Found 0 files|"
         "class folder|"
         "num_samples=0|no images|does not exist|not exist|Found no valid file",
         (r"(?s:images not found.*missing paths? '?\[?'?(?P<path>[^'\]\n]+))",
          r"No (?:valid )?(?:labels|images) found in (?P<path_4>\S+)",
          r"Found (?:0|no valid) files?", r"Couldn't find any class folder in (?P<path_5>\S+)",
          r"No labels in (?P<path_6>\S+)\.", r"Dataset not found",
          r"num_samples should be a positive integer value, but got num_samples=0",
          r"'(?P<path_2>[^'\s]*/[^'\s]*)' (?:does not|doesn't) exist",
          r"(?:[Ff]ile|[Pp]ath|[Dd]irectory|[Dd]ataset)\S* (?P<path_3>\S*/\S*) (?:does not"
          r"|doesn't) exist")),
    _row("missing_dataset_path",
         "FileNotFoundError|NotADirectoryError|Errno 2]|No such file or directory",
         (r"\[Errno (?:2|20)\] [^:]+: '?(?P<path>[^'\n]+)'?",
          r"(?:FileNotFoundError|NotADirectoryError): .*?'(?P<path_2>[^'\s]*[/.][^'\s]*)'",
          r"FileNotFoundError", r"NotADirectoryError",
          r"No such file or directory: '?(?P<path_3>[^'\n]+)'?")),
)

_SCRIPT: Final = (
    _row("user_bug", "EOF when reading a line",
         (r"EOFError: EOF when reading a line",),
         what="the script asked a question, and its standard input is empty",
         remedies=("give the answer as an argument of the script",)),
    _row("spawn_main_guard", "bootstrapping phase|freeze_support",
         (r"attempt has been made to start a new process before",
          r"before the\s+current process has finished its bootstrapping phase")),
    _row("launcher_arg_mismatch", ": error: ",
         (r"^\S+: error: (?P<said>(?:unrecognized|the following|argument|ambiguous|invalid"
          r"|expected|one of|too few).*)",),
         said=True, what="the script refuses its arguments: {said}"),
    _row("launcher_arg_mismatch",
         "expected, but not set|has not been initialized|No such option|KeyError: '",
         (r"environment variable (?P<variable>\w+) expected, but not set",
          r"Default process group has not been initialized",
          r"^Error: No such option:? (?P<option>\S+)",
          r"KeyError: '(?P<missing>LOCAL_RANK|RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT)'")),
    _row("bad_labels", "num_classes",
         (r"(?i)number of (?:unique )?classes .* does not match num_classes",)),
    _row("ddp_unused_parameters",
         "finished reduction|mark a variable ready|producing loss|not receive grad",
         (r"Expected to have finished reduction in the prior iteration",
          r"Expected to mark a variable ready only once",
          r"Parameter indices which did not receive grad",
          r"parameters that were not used in producing (?:the )?loss")),
    _row("ddp_shape_mismatch_between_ranks", "inconsistent 0 params",
         (r"inconsistent 0 params",),
         weight=Weight.AFTERMATH, what="a rank was gone before the models were compared"),
    _row("ddp_shape_mismatch_between_ranks",
         "same param in process|in this process|same model across all ranks|"
         "mismatch between collectives|op.preamble.length|op.nbytes|nconsistent tensor|"
         "same size on all ranks|"
         "tensor sizes|opts.input",
         (r"appears not to match (?:sizes|strides|dtype) of the same param in process",
          r"params\[\d+\] in this process", r"expects same model across all ranks",
          r"same size on all ranks",
          r"nconsistent tensor sizes",
          r"mismatch between collectives", r"op\.preamble\.length <= op\.nbytes",
          r"op\.(?:preamble\.)?(?:length|nbytes)",
          r"All tensor (?:sizes|operands).*across ranks")),
    _row("nan_loss", "nan|NaN|NAN|FloatingPoint|finite loss",
         (r"(?i)\bloss\b[^.\n]{0,40}\b(?:is|are|became|becomes|=|:)\s*\[?(?:nan|inf)\b",
          r"NaN loss", r"nan detected", r"detected (?:nan|inf)", r"contains? (?:nan|infinity)",
          r"(?:nan|NaN) values? (?:found|in) .{0,20}(?:loss|grad|tensor|output)",
          r"returned nan values", r"NaN or Inf found", r"invalid values.{0,400}\bnan\b",
          r"non-?finite loss",
          r"infinite or NaN", r"FloatingPointError")),
    _row("xla_tpu_in_use", "libtpu.so",
         (r"libtpu\.so (?:is )?already in use",),
         weight=Weight.HINT, explains="xla_other user_bug unknown"),
    _row("xla_tpu_in_use", "libtpu|TPU is already|already in use",
         (
          r"TPU is already in use(?: by process with pid (?P<pid_2>\d+))?",
          r"TPU.*already in use", r"libtpu_lockfile")),
    _row("xla_other",
         "TPU|RESOURCE_EXHAUSTED|xla|rendezvous|process pool|max_workers|XlaRuntime",
         (r"Exception in device=TPU:\d+", r"Failed to get global TPU topology",
          r"Failed to meet rendezvous", r"threads to join the rendezvous", r"XlaRuntimeError",
          r"torch_xla/csrc",
          r"RESOURCE_EXHAUSTED", r"TPU initialization failed", r"No TPU (?:found|accelerator)",
          r"xla\S* is not (?:available|initialized)")),
    _row("xla_other", "process pool|max_workers",
         (r"BrokenProcessPool", r"max_workers must be greater than 0", r"process pool (?:was|is)"),
         beside=r"(?i)xla|pjrt|tpu"),
    _row("dataloader_worker_killed", "DataLoader worker",
         (r"DataLoader worker \(pid(?:\(s\))? (?P<pid>[\d, ]+)\) (?:exited unexpectedly"
          r"|is killed by signal: (?P<signal>[\w ]+))",)),
    _row("dataloader_worker_killed", "DataLoader timed out",
         (r"DataLoader timed out after (?P<seconds>\d+) seconds",),
         what="the DataLoader waited {seconds} s for a worker"),
)

_RANKS: Final = (
    _row("nccl_network", "socket interface found|find address for",
         (r"no socket interface found", r"Unable to find address for: ?(?P<interface>\S+)"),
         said=True, what="the network interface for the ranks does not exist"),
    _row("address_in_use",
         "EADDRINUSE|errno: 98|Errno 98|ddress already in use|was already in use",
         (r"(?:EADDRINUSE|errno: ?98|\[Errno 98\]|[Aa]ddress already in use)",)),
    _row("nccl_p2p_or_topology",
         "eer access|NVLink SHARP|internal error|peer mapping|Could not find a path|NVLS|"
         "nvmlDeviceGet|unhandled cuda error|p2p",
         (r"peer access is not supported", r"peer mapping", r"Failed to bind NVLink SHARP",
          r"internal error - please report", r"ncclInternalError",
          r"Could not find a path for pattern", r"NVLS multicast",
          r"P2P .*(?:not supported|unsupported)")),
    _row("nccl_p2p_or_topology", "unhandled cuda error|ncclUnhandledCudaError",
         (r"unhandled cuda error", r"ncclUnhandledCudaError"),
         what="a CUDA call failed inside NCCL",
         remedies=("NCCL_DEBUG=INFO names the call: read its line with Cuda failure",
                   "for a test NCCL_P2P_DISABLE=1")),
    _row("nccl_timeout",
         "ollective operation timeout|watchdog got stuck|eartbeat monitor|"
         "NCCL operations have failed|monitoredBarrier|Timed out waiting|Watchdog",
         (r"Watchdog caught collective operation timeout", r"watchdog got stuck for",
          r"heartbeat monitor.*(?:timed out|terminat|unable|no heartbeat)",
          r"NCCL operations have failed or timed out", r"failed to pass monitoredBarrier",
          r"reached monitoredBarrier, but",
          r"Timed out waiting \d+ms for (?:recv|send)", r"Timeout at NCCL work",
          r"did not reach (?:the )?barrier", r"Watchdog .*timed? ?out"),
         weight=Weight.AFTERMATH, said=True),
    _row("nccl_network",
         "Connection closed by|onnection reset|remote process exited|ncclRemoteError|"
         "Broken pipe|recvValue|got 0 bytes|ommunicator was aborted|ncclSystemError|"
         "unhandled system error|emote worker|sendBytes|ncclCommAbort|Connection aborted",
         (r"Connection closed by (?:peer|remote peer|localRank|remote)",
          r"Connection reset by (?:peer|localRank)", r"remote process exited", r"ncclRemoteError",
          r"Broken pipe", r"recvValue failed", r"got 0 bytes", r"communicator was aborted",
          r"sendBytes failed", r"ncclCommAbort", r"Connection aborted"),
         weight=Weight.AFTERMATH),
    _row("nccl_network",
         "connectFullMesh|socketStartConnect|NET/IB|NET/Socket|NET/OFI|ncclSystemError|"
         "unhandled system error|No route to host|Connect to|connect to|onnection refused|"
         "SocketConnect",
         (r"connectFullMesh failed",
          r"(?:socketStartConnect|ncclSocketConnect\w*|Connect to|socketPoll\w+).*(?:failed"
          r"|refused|timed out|No route)",
          r"NET/(?:IB|OFI|Socket) ?: .*(?:error|event|fail|timed out)", r"unhandled system error",
          r"ncclSystemError", r"No route to host"),
         weight=Weight.AFTERMATH),
    _row("rendezvous_timeout",
         "Rendezvous|rendezvous|TCPStore|DistStoreError|wait timeout after|clients joined|"
         "timed out after|socket has|store based barrier|Socket Timeout|etworkError|"
         "StoreTimeout|cannot be retrieved",
         (r"Rendezvous(?:Timeout|Closed|Connection)\w*", r"wait timeout after \d+ ?ms",
          r"[Tt]imed out after (?P<seconds>\d+) seconds.*(?:clients|joined|store)",
          r"clients joined", r"socket has (?:timed out|failed to connect)", r"DistStoreError",
          r"DistNetworkError", r"[Ss]tore based barrier", r"StoreTimeout",
          r"^RuntimeError: Socket Timeout",
          r"Timed out (?:waiting|initializing).*(?:rendezvous|store|process group)",
          r"network addresses of .* cannot be retrieved"),
         weight=Weight.AFTERMATH),
)

_CRASH: Final = (
    _row("unknown", "Killed|SIGKILL",
         (r"^(?:\S+: line \d+:\s+\d+ )?Killed\b", r"task \d+: Killed",
          r"terminated with signal SIGKILL", r"died with <Signals\.SIGKILL"),
         weight=Weight.AFTERMATH, what=SIGKILL, remedies=SIGKILL_REMEDIES),
    _row("segfault", "Segmentation fault|SIGSEGV",
         (r"Segmentation fault", r"terminated with signal SIGSEGV",
          r"died with <Signals\.SIGSEGV"),
         said=True),
)
# fmt: on

PATTERNS: Final[tuple[Pattern, ...]] = (
    *_HOST, *_ENDS, *_MEMORY, *_LABELS, *_CUDA, *_INSTALLED, *_FILES, *_SCRIPT, *_RANKS, *_CRASH
)  # fmt: skip
"""Every wording, narrow before wide."""

WRAPPERS: Final = re.compile(
    r"CalledProcessError|ChildFailedError|ProcessRaisedException|ProcessExitedException"
    r"|SystemExit|RayTaskError|JobFailed|Caught \w+ in (?:DataLoader worker|replica|pin memory)"
    r"|torch\.multiprocessing\.spawn\.|SubprocessFailed"
)
"""These only pass on that somebody else failed; never a cause."""
