"""A worker that meets others: ``python -m tests.orchestration.worker FOLDER MEETING WORKERS [DATABASE [DATA RAW]]``.

It makes all object encodings of a data folder, that of FOLDER unless DATA and RAW are URLs, as a run does that somebody
starts by hand. Before it encodes its first
batch it waits until so many workers have each begun one, which they can only if they work at the same time. What it
encodes is written to the log of the meeting.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tests import tiny
from tests.commands import wait_for
from tiefvision_assets.lineage import embeddings
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner

WITHIN_S = 60

if __name__ == "__main__":
    folder, meeting, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    others = dict(zip(("database_url", "data", "raw"), sys.argv[4:], strict=False))
    patches = pytest.MonkeyPatch()
    tiny.register(patches)
    encode = embeddings.encode_objects

    def meet(store: Any, models: Any, embedding: str, batch: str, progress: Any) -> Any:
        (meeting / f"{os.getpid()}.begun").touch()
        wait_for("the others", lambda: len(list(meeting.glob("*.begun"))) >= workers, WITHIN_S, every_s=0.02)
        begun = time.time()
        made = encode(store, models, embedding, batch, progress)
        with (meeting / "log").open("a") as log:
            log.write(f"{batch} {os.getpid()} {begun} {time.time()} {len(made.computed)}\n")
        return made

    patches.setattr(embeddings, "encode_objects", meet)
    settings = tiny.settings_in(folder).model_copy(update=others)
    runner = Runner(settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral())
    runner.run_selection("object_encodings")
