"""Curves out of whatever the trainer writes."""
