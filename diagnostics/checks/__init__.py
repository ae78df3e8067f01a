"""What `check` looks at, one module for each subject: it reads, then judges what it read."""

from __future__ import annotations
