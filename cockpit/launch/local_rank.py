"""Old DDP scripts want their local rank as an argument, which torchrun no longer passes. Pure.

`torch.distributed.launch` passes `--local-rank` since torch 2.0, which a script that declares
`--local_rank` refuses; torchrun passes nothing. So a few lines stand between them.
"""

from __future__ import annotations

from typing import Final

FILE: Final = "with_local_rank.py"
WRAPPER: Final = '''\
"""Written by cockpit: runs SCRIPT with the local rank that torchrun put into the environment."""

import os
import runpy
import sys

option, script = sys.argv[1:3]
sys.argv = [script, option, os.environ["LOCAL_RANK"], *sys.argv[3:]]
sys.path[0] = os.path.dirname(os.path.abspath(script))
runpy.run_path(script, run_name="__main__")
'''
"""Takes the option (`--local_rank`), the script, and the script's own arguments."""
