"""Planning is cheap: a look at the state of a catalogue in which everything was made loads no torch."""

from __future__ import annotations

import json
import subprocess
import sys

from tests import tiny
from tests.tiny import write_photo
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps, settings, store, trained = (
    tiny.tiny_encoder,
    tiny.few_steps,
    tiny.settings,
    tiny.store,
    tiny.trained,
)

STATUS = """
import json, sys
from tests.tiny_spec import tiny_spec
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision import registry
registry.ENCODERS = {**registry.ENCODERS, "tiny": tiny_spec(object)}
status = status_of(Store(Settings(**json.loads(sys.argv[1]))))
unwanted = ("torch", "torchvision", "onnxruntime", "dagster", "streamlit", "matplotlib", "sqlglot")
print(json.dumps([[step["assets"][0] for step in status["stale"]], [name for name in unwanted if name in sys.modules]]))
"""


def test_looking_at_the_state_loads_no_torch(trained: Store) -> None:
    assert seen_from_outside(trained) == ([], [])
    write_photo(trained, "new.png", 99)
    trained.catalogue.scan()
    assert seen_from_outside(trained) == (["extracted_boxes", "similarity_index"], [])


def seen_from_outside(store: Store) -> tuple[list[str], list[str]]:
    """What a process of its own finds out of date, and what of the unwanted it has loaded then."""
    given = store.settings.model_dump_json(exclude_defaults=True)
    done = subprocess.run([sys.executable, "-c", STATUS, given], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    due, unwanted = json.loads(done.stdout)
    return due, unwanted
