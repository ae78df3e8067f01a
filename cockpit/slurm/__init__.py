"""A launch plan as a batch script for Slurm; nothing is submitted."""
