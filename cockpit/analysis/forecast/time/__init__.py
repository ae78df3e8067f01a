"""How long a training takes: by measurements, by published figures, by a guide's claim."""
