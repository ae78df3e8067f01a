"""What can be known of a preset before it is started: its script, data, weights, batch, room."""
