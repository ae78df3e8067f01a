"""Data sets as they lie on disk: what describes them, their images, their labels."""
