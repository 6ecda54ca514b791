"""Stands for the work in the background: tells how far it is, and goes on until something is written into a pipe."""

import sys
from pathlib import Path

from tiefvision_assets.settings import Settings
from tiefvision_ui.start.background import Background
from tiefvision_ui.start.work import Told

what, pipe, problem = sys.argv[1:]
told = Told(Background(Settings()), what)  # type: ignore[arg-type]
told.show("Generating photos", 3, 10)
Path(pipe).write_text("begun")
if Path(pipe).read_text() == "end":
    told.end(problem)
