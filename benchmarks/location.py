"""The time of locating compared with encoding the same pixels: `python -m benchmarks.location [PHOTOS]`.

Uses the served box heads of the data folder that ``TIEFVISION_DATA`` names, on the processor time of one thread, so
that other work on the machine matters little.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from torch import Tensor, nn

from tiefvision_assets.models.loading import load_encoder_from, load_locator
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store


class TimedEncoder(nn.Module):
    """An encoder that adds up how long it ran."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module
        self.seconds = 0.0

    def windows(self, photos: Tensor) -> Tensor:
        """Cells for the window heads."""
        return self._timed(self.module.windows, photos)

    def refinement(self, photos: Tensor) -> Tensor:
        """Cells for refinement."""
        return self._timed(self.module.refinement, photos)

    def _timed(self, part: Any, photos: Tensor) -> Tensor:
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
    spec, module = load_encoder_from(store, models.encoder)
    timed = TimedEncoder(module)
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
