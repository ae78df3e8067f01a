"""What measurements say together: fitted to the laws of a step and an epoch."""
