"""``python -m tiefvision_assets.cli``: the command line without the `tiefvision` script."""

from __future__ import annotations

from tiefvision_assets.cli import main

main()
