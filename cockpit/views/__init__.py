"""What is known of a run, joined for both faces."""
