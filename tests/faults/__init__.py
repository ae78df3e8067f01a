"""What may go wrong on a real machine, each done for real: `python -m tests.faults`."""
