"""How training scales, and where the time of a step goes."""
