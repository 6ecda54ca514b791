"""The time of training the box heads: `python -m benchmarks.training`.

Trains the final variant of each head on the newest crop encodings of the data folder that ``TIEFVISION_DATA`` names,
and saves nothing. Processor time of one thread, so that other work on the machine matters little.
"""

from __future__ import annotations

import time

from tiefvision_assets.lineage.head_training import HeadTrainer
from tiefvision_assets.lineage.heads import variants_of
from tiefvision_assets.models.inference import FINAL
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.records import PROJECTION
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import HEAD_PARAMETERS, HEADS
from tiefvision_assets.vision.parallel import parallel_map


def main() -> None:
    """Print each head's seconds, epochs and milliseconds a step."""
    store = Store(Settings())
    maps = store.models.latest(PROJECTION)
    if maps is None:
        raise SystemExit("There are no crop encodings; import boxes and run `tiefvision run` first.")

    def train(name: str) -> str:
        parameters = HEAD_PARAMETERS[name]()
        trainer = HeadTrainer(store, maps, name, parameters)
        start = time.thread_time()
        trained = trainer.train(variants_of(trainer.views)[FINAL], None, None)
        seconds = time.thread_time() - start
        epochs = len(trained.history.training) if trained else 0
        step = 1000 * seconds / max(1, epochs * parameters.steps)
        return f"{name}: {seconds:.1f} s, {epochs} epochs, {step:.1f} ms a step"

    for line in parallel_map(train, HEADS):
        print(line, flush=True)


if __name__ == "__main__":
    main()
