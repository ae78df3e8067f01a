"""What was measured on this box and can be relied on for the next estimate."""
