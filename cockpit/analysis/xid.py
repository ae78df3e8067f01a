"""What the Xid numbers of NVIDIA's driver mean.

After NVIDIA's Xid catalog (docs.nvidia.com/deploy/xid-errors, Ampere and later) as leptonai/gpud
keeps it; which ones an application causes after Flyte pull request 7879. Read 2026-11-20.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """Whose fault it most often is."""

    APPLICATION = "application"
    DRIVER = "driver"
    HARDWARE = "hardware"
    NONE = "none"
    """A report, or the consequence of something else."""
    UNKNOWN = "unknown"


class Action(StrEnum):
    """What the catalog says is to be done at once; the later, the worse."""

    IGNORE = "ignore"
    UPDATE = "update driver or firmware"
    RESTART_APP = "restart the application"
    CHECK = "check the hardware"
    RESET_GPU = "reset the GPU"
    REBOOT = "restart the machine"


@dataclass(frozen=True, slots=True)
class Xid:
    """One number of the table."""

    code: int
    meaning: str
    fault: Fault
    action: Action
    advice: str
    """What to do; `{gpu}` stands for the number of the GPU."""

    @property
    def weight(self) -> int:
        """How bad it is, from 0 on."""
        return tuple(Action).index(self.action)

    @property
    def is_worth_saying(self) -> bool:
        """False of what follows from something else, or asks for nothing."""
        return self.action is not Action.IGNORE or self.fault is Fault.HARDWARE


_WHOSE: Final = {
    "app": Fault.APPLICATION,
    "driver": Fault.DRIVER,
    "hw": Fault.HARDWARE,
    "-": Fault.NONE,
}
_RESUME: Final = "resume the run from its last checkpoint"
_RESET: Final = "stop what runs on this GPU, nvidia-smi --gpu-reset -i {gpu}, then resume"
_WATCH: Final = "nothing to do now; watch whether it comes again"
_AFTER: Final = "look for what came before it: cockpit explain RUN"
_ROWS: Final[tuple[tuple[str, str, str, Action, str], ...]] = (
    ("8", "GPU stopped processing", "app", Action.RESTART_APP, _RESUME),
    ("11 25 32", "invalid or corrupt push buffer", "app", Action.RESTART_APP,
     f"{_RESUME}; see whether CUDA and driver fit: cockpit check"),
    ("13", "graphics engine exception, often an index out of bounds", "app", Action.RESTART_APP,
     "look for a device-side assert with CUDA_LAUNCH_BLOCKING=1; if many meet it: dcgmi diag"),
    ("31", "GPU memory page fault: a kernel used an illegal address", "app", Action.RESTART_APP,
     "find the kernel with CUDA_LAUNCH_BLOCKING=1 or compute-sanitizer"),
    ("37 38 44 66 67", "firmware, context switch or driver access", "driver",
     Action.IGNORE, _WATCH),
    ("39-41 70-72 75-77 85 126-135", "copy engine error", "driver", Action.RESTART_APP,
     f"{_RESUME}; if it comes again, ask the vendor"),
    ("43", "GPU stopped processing after another failure", "app", Action.IGNORE, _AFTER),
    ("45", "the work of a program that ended was cleared away", "-", Action.IGNORE, _AFTER),
    ("46", "GPU timeout", "hw", Action.RESET_GPU, _RESET),
    ("48", "double-bit memory error (ECC)", "hw", Action.RESET_GPU,
     f"{_RESET}; look for Xid 63 and 64 beside it"),
    ("54", "auxiliary power is missing", "hw", Action.CHECK, "check the power cables of this GPU"),
    ("60", "video processor exception", "app", Action.RESTART_APP,
     "check how the data set's videos are decoded"),
    ("62", "micro-controller of the GPU halted", "hw", Action.RESET_GPU, _RESET),
    ("63", "a bad memory row or page is marked for replacement", "hw", Action.IGNORE,
     "reset the GPU at the next break, so that it is replaced"),
    ("64", "a bad memory row or page could not be marked", "hw", Action.RESET_GPU,
     f"{_RESET}; if it comes again, have the GPU replaced"),
    ("68 82-84 86 88 89 96-105 139", "video, JPEG or optical-flow engine error", "app",
     Action.RESTART_APP, "check how images and videos are decoded on the GPU"),
    ("69", "graphics class error", "app", Action.RESTART_APP,
     "see whether PyTorch's CUDA fits the driver: cockpit check"),
    ("74", "NVLink error", "hw", Action.CHECK,
     "try NCCL_P2P_DISABLE=1; if that works, reseat the GPU or its bridge"),
    ("78", "vGPU could not start", "driver", Action.UPDATE,
     "see whether guest and host driver fit"),
    ("79", "GPU has fallen off the bus", "hw", Action.REBOOT,
     "resume without this GPU; power the machine off and on; check power supply, riser and heat"),
    ("80", "corrupt data came from the host (push buffer checksum)", "hw", Action.RESTART_APP,
     f"{_RESUME}; check the PCIe contact: riser, slot"),
    ("92", "many single-bit memory errors, an early sign", "hw", Action.IGNORE, _WATCH),
    ("93", "the GPU's configuration memory (InfoROM) wears out", "hw", Action.IGNORE, _WATCH),
    ("94", "contained memory error: one program was hit", "hw", Action.RESTART_APP,
     f"{_RESUME}; reset the GPU at the next break"),
    ("95", "uncontained memory error: every program there may be hit", "hw",
     Action.RESET_GPU, _RESET),
    ("109", "context switch timeout", "driver", Action.RESET_GPU, _RESET),
    ("110", "security fault", "driver", Action.RESET_GPU, _RESET),
    ("119 120", "the GPU's system processor (GSP) fails or does not answer", "driver",
     Action.RESET_GPU, f"{_RESET}; reboot where a reset is not supported; update the driver"),
    ("121", "error on the link between CPU and GPU (C2C)", "hw", Action.IGNORE, _WATCH),
    ("136", "link training failed", "hw", Action.RESET_GPU, _RESET),
    ("137", "NVLink access was refused, as after a failure of a peer", "-", Action.IGNORE,
     "look at the other GPUs"),
    ("140", "unrecovered memory error (ECC)", "hw", Action.RESET_GPU, _RESET),
    ("143", "GPU could not be initialised", "hw", Action.RESET_GPU, _RESET),
    ("144-150", "NVLink error", "hw", Action.CHECK,
     "read its sub-code in the kernel log: dmesg | grep Xid"),
    ("151", "key rotation failed (confidential computing)", "driver", Action.REBOOT,
     "restart the virtual machine"),
    ("154", "the GPU asks for a recovery action", "-", Action.CHECK,
     "nvidia-smi -q -i {gpu} names the action"),
    ("155 156", "NVLink software or resource retirement", "hw", Action.RESET_GPU, _RESET),
    ("157", "a resource was retired", "hw", Action.IGNORE, "ask the vendor"),
    ("158", "fatal timeout", "hw", Action.RESET_GPU, _RESET),
    ("171 172", "uncorrectable memory error, as detail of Xid 48", "hw", Action.RESET_GPU,
     f"{_RESET}; if it comes again, have the GPU replaced"),
    ("185", "bad memory was replaced by spare memory", "hw", Action.IGNORE, _WATCH),
)  # fmt: skip
"""Codes, meaning, whose fault, what to do at once, advice. Where the catalog sends one through a
workflow (48, 171, 172) or says reset or ignore (155, 156, 158), the more careful of both."""


def _codes(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split():
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


TABLE: Final = {
    code: Xid(code, meaning, _WHOSE[whose], action, advice)
    for codes, meaning, whose, action, advice in _ROWS
    for code in _codes(codes)
}


def explain_xid(code: int) -> Xid:
    """Return what a number means; of an unknown one a sentence that says so."""
    return TABLE.get(code) or Xid(
        code,
        "a number that cockpit does not know",
        Fault.UNKNOWN,
        Action.CHECK,
        "look it up at docs.nvidia.com/deploy/xid-errors; details: dmesg | grep Xid",
    )
