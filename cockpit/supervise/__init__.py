"""The process that stays with a run."""
