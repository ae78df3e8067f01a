"""Processes that work together, under one parent that knows who is missing."""
