"""Runs beside each other: what differs, which is better, and is that more than noise."""
