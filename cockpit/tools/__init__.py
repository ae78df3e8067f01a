"""Diagnostics, run in the training interpreter."""
