"""Eight processes that label one catalogue at once, and what has to hold afterwards on any database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation, overlaps
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import Event, LabelHistory
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore

ANNOTATORS, PHOTOS = 8, 200
OVERLAP = 0.1
NAMES = [f"{number:064x}" for number in range(PHOTOS)]

ANNOTATOR = """
import json, sys
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore
from tiefvision_assets.store.labels.assignment import Queue
url, me, photos, overlap = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), float(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
labels = LabelStore(url)
annotation, queue = Annotation(labels.database, overlap), Queue(photos)
given = []
while claim := annotation.claim("box", queue, me, me).photos:
    photo = claim[0]
    commit = f"{me}-{len(given)}"
    given.append(photo)
    decision = Decision.box(commit, BoxLabel(photo, Box(0, 0, 1, len(given))), "drawn")
    if len(given) % 7 == 3:
        decision = Decision.skip(commit, "box", photo)
    for sent in range(1 + len(given) % 3):  # as a browser does that got no answer
        assert annotation.commit(decision, annotator=me, seconds=1.0, session=me) == (sent == 0)
    if len(given) % 11 == 5:
        assert annotation.undo_last(f"{commit}-undo", "box", annotator=me, session=me).sha256 == photo
        annotation.take("box", photo, me, me)
print(json.dumps(given))
"""


def label_at_once(url: str) -> dict[str, list[str]]:
    """Let the annotators work until nobody gets a photo; who was given what, in order."""
    command = [sys.executable, "-c", ANNOTATOR, url]
    names = [f"annotator {number}" for number in range(ANNOTATORS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    photos = json.dumps(NAMES)
    working = {name: subprocess.Popen([*command, name, photos, f"{OVERLAP}"], **pipes) for name in names}
    for process in working.values():
        assert process.stdout.readline() == "ready\n"
    for process in working.values():
        process.stdin.write("go\n")
        process.stdin.flush()
    given = {name: json.loads(process.communicate(timeout=300)[0]) for name, process in working.items()}
    assert {process.returncode for process in working.values()} == {0}
    assert sum(map(bool, given.values())) > 1
    label_the_rest(url, given)
    return given


def label_the_rest(url: str, given: dict[str, list[str]]) -> None:
    """What was skipped, or in another's hands when an annotator asked for the last time, one after the other."""
    labels = LabelStore(url)
    annotation = Annotation(labels.database, OVERLAP)
    for name, photos in given.items():
        while claim := annotation.claim("box", Queue(NAMES), name, name).photos:
            photos.append(claim[0])
            decision = Decision.box(f"{name}-{len(photos)}-late", BoxLabel(claim[0], Box(0, 0, 2, 2)), "drawn")
            assert annotation.commit(decision, annotator=name)
    labels.close()


def check_that_nothing_was_lost_or_doubled(url: str, given: dict[str, list[str]]) -> None:
    """No photo was labelled by two but the hidden share, and what each recorded stands exactly once."""
    labels = LabelStore(url)
    history = LabelHistory(labels.database)
    events = history.page(limit=100_000)
    recorded = Counter((event.annotator, event.sha256) for event in events)
    assert recorded == Counter((name, photo) for name, photos in given.items() for photo in photos)
    labelled: dict[str, list[Event]] = defaultdict(list)
    for event in history.standing("box"):
        if event.action == "label":
            labelled[event.sha256].append(event)
    assert set(labelled) == set(NAMES)
    assert labels.counts()["boxes"] == PHOTOS
    for photo, boxes in labelled.items():
        who = [event.annotator for event in boxes]
        assert len(who) == len(set(who)) == (2 if overlaps(photo, OVERLAP) else 1), photo
    assert sum(len(photos) for photos in given.values()) > PHOTOS
    labels.close()
