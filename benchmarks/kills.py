"""`kill -9` at random moments of runs, annotators and the app: afterwards everything is as if nobody had been killed.

`python -m benchmarks.kills run` kills `tiefvision run` on twelve photos with a tiny encoder, labels and heads, several
times on one data folder, lets it end, and compares all that it stored with what an undisturbed run stored.
`python -m benchmarks.kills annotators` kills processes that label one catalogue: what a process was told to be stored
is stored once. `python -m benchmarks.kills app` kills the app while four browsers send it labels. Each prints one JSON
document, and exits with 1 where something differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

import pandas as pd

from benchmarks.killing import LONGEST_S, Killed, labelled_folder, temporary_folder, tiny_environment
from benchmarks.label_kills import kill_annotators, kill_app
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.lock import writer_lock
from tiefvision_assets.store.store import Store

KILLS_A_FOLDER = 5
RUN = """
import os
import pytest
from tests import tiny
from tiefvision_assets import cli
from tiefvision_assets.store.catalogue import Catalogue
with pytest.MonkeyPatch.context() as patch:
    scan = Catalogue.scan
    patch.setattr(Catalogue, "scan", lambda catalogue, *, batch_size, **others: scan(catalogue, batch_size=4, **others))
    environment = dict(os.environ)
    tiny.register(patch)
    tiny.hurry(patch)
    os.environ.update(environment)
    cli.main()
"""


def run(settings: Settings, output: int = subprocess.DEVNULL) -> Killed:
    """`tiefvision run`, on its way."""
    return Killed([sys.executable, "-c", RUN, "run", "--json"], tiny_environment(settings), output)


def run_to_its_end(settings: Settings) -> dict[str, Any]:
    """What `tiefvision run` prints."""
    running = run(settings, subprocess.PIPE)
    out, errors = running.process.communicate(timeout=LONGEST_S)
    assert running.process.returncode == 0, errors[-3000:]
    return dict(json.loads(out))


def stored(settings: Settings) -> dict[str, str]:
    """All that a data folder has made: what it is → its digest. The order of rows in a table makes no difference."""
    store = Store(settings)
    served = store.served.read()
    models = [asdict(served.models), asdict(served.next), served.index]
    found = {"served": json.dumps(models, sort_keys=True)}
    for folder in ("boxes", "encodings"):
        for file in sorted((store.layout.root / folder).rglob("[!.]*.parquet")):
            rows = pd.read_parquet(file).sort_values("sha256").reset_index(drop=True)
            found[str(file.relative_to(store.layout.root))] = digest(rows.to_json().encode())
    for ranking, version in served.index.items():
        index = store.indexes.open(ranking, version)
        graph = [part.tobytes() for part in index.graph]
        found[ranking] = digest(index.vectors.tobytes(), *graph, "\n".join(index.entries["path"]).encode())
    found["labels"] = json.dumps(store.labels.counts(), sort_keys=True)
    return found


def digest(*parts: bytes) -> str:
    """One digest of them all."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def kill_runs(kills: int, draw: random.Random) -> dict[str, Any]:
    """Kill runs at moments drawn from the time that an undisturbed one takes."""
    with temporary_folder() as folder:
        (folder / "undisturbed").mkdir()
        settings = labelled_folder(folder / "undisturbed")
        fresh = shutil.copytree(folder / "undisturbed", folder / "fresh")
        begun = time.monotonic()
        run_to_its_end(settings)
        seconds = time.monotonic() - begun
        expected = stored(settings)
        killed, different = 0, []
        while killed < kills:
            one = shutil.copytree(fresh, folder / "killed")
            settings = settings.model_copy(
                update={name: one / file for name, file in (("data", "data"), ("cache", "cache"))}
            )
            for _ in range(min(KILLS_A_FOLDER, kills - killed)):
                killed += run(settings).kill_after(draw.uniform(0, seconds))
            run_to_its_end(settings)
            again = run_to_its_end(settings)
            found = stored(settings)
            different += sorted(name for name in expected | found if expected.get(name) != found.get(name))
            different += ["something was left to do"] * (again["materialised"] > 0)
            with writer_lock(Store(settings).layout.lock, "the comparison", wait_s=0):
                shutil.rmtree(one)
    return {"kills": killed, "undisturbed_s": round(seconds, 1), "compared": len(expected), "different": different}


def main() -> int:
    """Kill, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["run", "annotators", "app"])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    kill = {"run": kill_runs, "annotators": kill_annotators, "app": kill_app}[arguments.what]
    document = kill(arguments.kills, random.Random(arguments.seed))
    print(json.dumps({"what": arguments.what, "seed": arguments.seed} | document))
    return 1 if document["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
