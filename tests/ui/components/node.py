"""The Node that Playwright's wheel brings along: nobody has to install one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import playwright
import pytest

_CARRIED = Path(playwright.__file__).parent / "driver" / ("node.exe" if os.name == "nt" else "node")


def node(*arguments: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Node, in ``folder`` if there is one; what it prints is in ``stdout``, errors among it."""
    executable = Path(os.environ.get("PLAYWRIGHT_NODEJS_PATH", _CARRIED))
    if not executable.is_file():
        pytest.fail(
            f"There is no Node at {executable}, which tests the JavaScript: install Playwright from a wheel "
            "(pip install --only-binary :all: playwright), or name a Node in PLAYWRIGHT_NODEJS_PATH.",
            pytrace=False,
        )
    return subprocess.run(
        [executable, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
