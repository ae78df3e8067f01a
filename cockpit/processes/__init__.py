"""Processes and their identity, as the kernel tells."""
