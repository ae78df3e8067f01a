"""Launch, watch and stop PyTorch trainings on a GPU box, from the terminal."""

__version__ = "0.1.0"
