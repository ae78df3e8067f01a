"""Runs on disk: names, records, phases."""
