"""What the instruments notice: each rule in a table, its memory in the book. Pure."""
