"""How much memory a rank takes, and which batch fits."""
