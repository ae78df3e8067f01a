"""Tools that run in the training interpreter and speak JSON lines: the standard library and torch.

Python 3.8 or newer. Packed into one file by cockpit, which never imports it.
"""
