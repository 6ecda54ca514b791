"""The time of locating compared with encoding the same pixels: `python -m benchmarks.location [PHOTOS]`.

Uses the served box heads of the data folder that ``TIEFVISION_DATA`` names, on the processor time of one thread, so
that other work on the machine matters little.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from tiefvision_assets.models.inference import load_encoder_from, load_locator
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.engine import Engine


class TimedEngine:
    """An engine that adds up how long it ran."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.seconds = 0.0

    def objects(self, photos: np.ndarray) -> np.ndarray:
        """Cells that objects are compared by."""
        return self._timed(self.engine.objects, photos)

    def windows(self, photos: np.ndarray) -> np.ndarray:
        """Cells for the window heads."""
        return self._timed(self.engine.windows, photos)

    def refinement(self, photos: np.ndarray) -> np.ndarray:
        """Cells for refinement."""
        return self._timed(self.engine.refinement, photos)

    def _timed(self, part: Callable[[np.ndarray], np.ndarray], photos: np.ndarray) -> np.ndarray:
        start = time.thread_time()
        cells = part(photos)
        self.seconds += time.thread_time() - start
        return cells


def main(photos: int) -> None:
    """Print seconds a photo and the ratio."""
    store = Store(Settings())
    models = store.served.read().models
    if models.encoder is None or models.heads is None:
        raise SystemExit("No box heads are served; import boxes and run `tiefvision run` first.")
    spec, engine = load_encoder_from(store, models.encoder)
    timed = TimedEngine(engine)
    locator = load_locator(store, spec, timed, models.heads)
    opened = [store.catalogue.open(path) for path in store.catalogue.live()["path"].head(photos)]
    locator.locate(opened[0])
    timed.seconds, start = 0.0, time.thread_time()
    for photo in opened:
        locator.locate(photo)
    total = time.thread_time() - start
    print(
        f"{spec.name}: {1000 * total / len(opened):.1f} ms a photo of {len(opened)}, "
        f"the encoder's own {1000 * timed.seconds / len(opened):.1f} ms, ratio {total / timed.seconds:.2f}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
