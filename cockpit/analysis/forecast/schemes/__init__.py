"""Ways to train side by side, and which serves whom."""
