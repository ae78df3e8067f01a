"""What the GPUs and the host say."""
