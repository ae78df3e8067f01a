"""The NVIDIA driver, through pynvml; nobody else knows it.

Each tick asks a GPU seven things (utilisation, memory, temperature, power, clock, what holds the
clock down, processes), and of the slow readings in `devices.cadence` as many as the budget allows.
A MIG device costs two more calls each tick.
"""

from cockpit.devices.nvml.driver import open_nvml

__all__ = ["open_nvml"]
