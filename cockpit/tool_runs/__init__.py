"""What a tool said: its events, its folder, its result; written by the runner, read by all."""
