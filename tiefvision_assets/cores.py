"""How many processors there are to share work among."""

from __future__ import annotations

import os


def cores() -> int:
    """How many processors this process may use: a container is often given fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
