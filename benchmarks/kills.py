"""`kill -9` at random moments of runs and of annotators: afterwards everything is as if nobody had been killed.

`python -m benchmarks.kills run` kills `tiefvision run` on twelve photos with a tiny encoder, labels and heads, several
times on one data folder, lets it end, and compares all that it stored with what an undisturbed run stored.
`python -m benchmarks.kills annotators` kills processes that label one catalogue: what a process was told to be stored
is stored once. Prints one JSON document; exits with 1 where something differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from tiefvision_assets.settings import Settings
from tiefvision_assets.store.lock import writer_lock
from tiefvision_assets.store.store import Store

KILLS_A_FOLDER = 5
LONGEST_S = 300
RUN = """
import pytest
from tests import tiny
from tiefvision_assets import cli
from tiefvision_assets.store.catalogue import Catalogue
with pytest.MonkeyPatch.context() as patch:
    scan = Catalogue.scan
    patch.setattr(Catalogue, "scan", lambda catalogue, *, batch_size, **others: scan(catalogue, batch_size=4, **others))
    environment = dict(__import__("os").environ)
    tiny.register(patch)
    tiny.hurry(patch)
    __import__("os").environ.update(environment)
    cli.main()
"""
ANNOTATOR = """
import sys
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.store import BoxLabel
from tiefvision_assets.store.store import Store
me, first = sys.argv[1], int(sys.argv[2])
photos = [f"{number:064x}" for number in range(first, first + 2000)]
annotation = Annotation(Store(Settings()).labels.database, 0.0)
print("ready", flush=True)
while claim := annotation.claim("box", Queue(photos), me, me).photos:
    commit = f"{me} {claim[0]}"
    annotation.commit(Decision.box(commit, BoxLabel(claim[0], Box(0, 0, 1, 1)), "drawn"), annotator=me)
    print(commit, flush=True)
"""


class Killed:
    """A process with all of its children, in a session of its own."""

    def __init__(self, command: list[str], environment: Mapping[str, str], output: int) -> None:
        self.process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.DEVNULL, text=True, start_new_session=True
        )

    def kill_after(self, seconds: float) -> bool:
        """Kill it at that moment; False where it had ended by itself before."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return True
        return False


def tiny_environment(settings: Settings) -> dict[str, str]:
    """The environment of a process that works on the tiny catalogue."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("TIEFVISION_", "DAGSTER_"))}
    names = ("data", "cache", "encoder", "weights", "retrain_after", "device")
    given = {name: getattr(settings, name) for name in names}
    return others | {f"TIEFVISION_{name.upper()}": str(value) for name, value in given.items() if value is not None}


def labelled_folder(folder: Path) -> Settings:
    """Twelve photos with boxes and triplets, in which nothing was run."""
    import pytest

    from tests import tiny

    with pytest.MonkeyPatch.context() as patch:
        tiny.register(patch)
        tiny.write_weights(folder / "tiny.safetensors", seed=0)
        store = Store(tiny.settings_in(folder))
        tiny.label_everything(store, tiny.write_photos(store))
        store.labels.close()
        shutil.rmtree(store.layout.root / "catalogue")
    return store.settings


def run(settings: Settings, output: int = subprocess.DEVNULL) -> Killed:
    """`tiefvision run`, on its way."""
    return Killed([sys.executable, "-c", RUN, "run", "--json"], tiny_environment(settings), output)


def run_to_its_end(settings: Settings) -> dict[str, Any]:
    """What `tiefvision run` prints."""
    running = run(settings, subprocess.PIPE)
    out, _ = running.process.communicate(timeout=LONGEST_S)
    assert running.process.returncode == 0, "the run failed"
    return dict(json.loads(out))


def stored(settings: Settings) -> dict[str, str]:
    """All that a data folder has made: what it is → its digest. The order of rows in a table makes no difference."""
    store = Store(settings)
    served = store.served.read()
    found = {"served": json.dumps(asdict(served), sort_keys=True)}
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


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for the time being."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


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


def kill_annotators(kills: int, draw: random.Random) -> dict[str, Any]:
    """Kill annotators at random moments of their first second of work, four at a time."""
    acknowledged: list[str] = []
    with temporary_folder() as folder:
        settings = Settings(data=folder / "data")
        labels = Store(settings).labels
        killed = 0
        while killed < kills:
            processes = [
                Killed(
                    [sys.executable, "-c", ANNOTATOR, name, str(killed * 1000)],
                    tiny_environment(settings),
                    subprocess.PIPE,
                )
                for name in (f"{killed}-{number}" for number in range(min(4, kills - killed)))
            ]
            for process in processes:
                assert process.process.stdout and process.process.stdout.readline() == "ready\n"
            for process in processes:
                killed += process.kill_after(draw.uniform(0, 0.5))
                assert process.process.stdout
                acknowledged += process.process.stdout.read().splitlines()
        labels.close()
        recorded = recorded_commits(settings)
    lost = [commit for commit in acknowledged if not recorded[commit]]
    doubled = [commit for commit, times in recorded.items() if times > 1]
    return {"kills": killed, "acknowledged": len(acknowledged), "stored": len(recorded), "different": lost + doubled}


def recorded_commits(settings: Settings) -> Counter[str]:
    """How often each commit was stored."""
    from tiefvision_assets.store.labels.history import LabelHistory

    labels = Store(settings).labels
    events = LabelHistory(labels.database).page(limit=1_000_000)
    labels.close()
    return Counter(f"{event.annotator} {event.sha256}" for event in events)


def main() -> int:
    """Kill, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["run", "annotators"])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    kill = {"run": kill_runs, "annotators": kill_annotators}[arguments.what]
    document = kill(arguments.kills, random.Random(arguments.seed))
    print(json.dumps({"what": arguments.what, "seed": arguments.seed} | document))
    return 1 if document["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
