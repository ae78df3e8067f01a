"""Judgements: pure functions on values."""
