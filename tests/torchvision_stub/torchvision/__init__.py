"""Test-only stand-in for torchvision on a CPU build of torch: its version and ops.nms, no more.

The real wheel needs CUDA libraries to import; Ultralytics asks for its version and for nms.
"""

from . import ops as ops

__version__ = "0.28.0+cockpitstub"
