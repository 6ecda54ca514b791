"""Training the box heads and the ranking head, beside the loops that many would write, for as many steps.

Box heads: a DataLoader over the crops of the same maps, convolutions, AdamW. Ranking head: the trainer of
pytorch-metric-learning with its triplet loss, on the same triplets, features and batches, in as many runs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, RandomSampler

from benchmarks.bench.measuring import cost
from benchmarks.bench.table import Row
from tiefvision_assets.hyperparameters import HeadParameters, RankingHeadParameters
from tiefvision_assets.lineage.crops import labelled_maps
from tiefvision_assets.lineage.head_training import HeadTrainer
from tiefvision_assets.lineage.heads import variants_of
from tiefvision_assets.lineage.ranking import INNER_FOLDS, Embeddings, as_triplets, load_embeddings, train_on
from tiefvision_assets.lineage.triplets import LABEL
from tiefvision_assets.models.inference import FINAL, encoder_of
from tiefvision_assets.store.records import PROJECTION, ProjectionRecord
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import FOREGROUND, HEAD_PARAMETERS, WINDOW_HEADS
from tiefvision_assets.vision.heads import LabelledMap
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.ranking import Triplets, triplet_accuracy, with_products

SECTION = "Training"


def measure(store: Store) -> list[Row]:
    """Rows of the data folder's crop encodings and triplets; each library that is missing is left out."""
    rows = [_window_heads(store)]
    current = store.triplets.current()
    if current:
        embeddings, triplets = load_embeddings(store, current[1].embedding), store.triplets.read(current[0])
        rows.append(_ranking_head(triplets, embeddings))
    return rows


def _window_heads(store: Store) -> Row:
    maps = store.models.latest(PROJECTION)
    if maps is None:
        raise SystemExit(f"{store.settings.data_dir} has no crop encodings; run `tiefvision demo` there.")
    trainers = {name: HeadTrainer(store, maps, name, HEAD_PARAMETERS[name]()) for name in WINDOW_HEADS}
    chosen = {name: variants_of(trainer.views)[FINAL] for name, trainer in trainers.items()}
    epochs: dict[str, int] = {}

    def train(name: str) -> None:
        trained = trainers[name].train(chosen[name], None, None)
        epochs[name] = len(trained.history.training) if trained else 0

    ours = cost(lambda: list(parallel_map(train, WINDOW_HEADS)))

    spec = encoder_of(store, store.models.record(ProjectionRecord, maps).inputs.encoder)

    def train_by_loader(name: str) -> None:
        parameters = HEAD_PARAMETERS[name]()
        assert isinstance(parameters, HeadParameters)
        views = trainers[name].views[chosen[name]]
        learned = labelled_maps(views, store.crops.maps(maps, list(views["view"])), name, spec)
        crops = Crops(learned, spec.windows.cells)
        loader_loop(crops, parameters, epochs[name] * parameters.steps, classify=name == FOREGROUND)

    theirs = cost(lambda: [train_by_loader(name) for name in WINDOW_HEADS])
    steps = sum(epochs[name] * HEAD_PARAMETERS[name]().steps for name in WINDOW_HEADS)
    work = f"the five window heads, {steps:,} steps of 64 crops"
    return Row(SECTION, work, steps, ours, {"a DataLoader": theirs})


class Crops(Dataset[tuple[Tensor, Tensor]]):
    """The windows of maps, each with its target."""

    def __init__(self, maps: list[LabelledMap], window: int) -> None:
        self._maps, self.window = maps, window
        self._places = [(number, row) for number, one in enumerate(maps) for row in range(len(one.targets))]

    def __len__(self) -> int:
        """Number of windows."""
        return len(self._places)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """(K, c, c) float32 and the target."""
        number, place = self._places[index]
        one = self._maps[number]
        row, column = one.corners[place]
        crop = one.cells[:, row : row + self.window, column : column + self.window]
        return crop.float(), torch.tensor(one.targets[place])


def loader_loop(crops: Crops, parameters: HeadParameters, steps: int, *, classify: bool) -> nn.Module:
    """Train a head of the same size for so many batches."""
    head = nn.Sequential(
        nn.Conv2d(crops[0][0].shape[0], parameters.hidden, crops.window),
        nn.ReLU(),
        nn.Dropout(parameters.dropout),
        nn.Conv2d(parameters.hidden, 1, 1),
    )
    optimiser = torch.optim.AdamW(head.parameters(), lr=parameters.learning_rate, weight_decay=parameters.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, parameters.learning_rate, total_steps=max(steps, 1) + 1)
    sampler = RandomSampler(crops, replacement=True, num_samples=steps * parameters.batch)
    for cells, targets in DataLoader(crops, parameters.batch, sampler=sampler):
        predicted = head(cells).flatten()
        loss = F.binary_cross_entropy_with_logits if classify else partial(F.smooth_l1_loss, beta=0.3)
        optimiser.zero_grad()
        loss(predicted, targets.float()).backward()
        optimiser.step()
        schedule.step()
    return head


def _ranking_head(triplets: Any, embeddings: Embeddings) -> Row:
    known = RankingHeadParameters()
    parameters = known.model_copy(update={"products": min(known.products, embeddings.both.shape[-1])})
    training, judged = (triplets[triplets["split"] == split] for split in ("train", "test"))
    found: dict[str, Any] = {}

    def train() -> None:
        trained = train_on(training, embeddings, parameters)
        found["head"] = trained[0] if trained else None

    ours, rivals = cost(train), {}
    judges = as_triplets(judged[judged["source"] == LABEL], embeddings)
    notes = [f"accuracy {_accuracy(found['head'], judges):.3f}"] if len(judges) else []
    try:
        import pytorch_metric_learning  # noqa: F401
    except ImportError:
        logging.getLogger(__name__).warning("pytorch-metric-learning is not installed.")
    else:
        examples, name = as_triplets(training, embeddings), "pytorch-metric-learning"
        heads: list[nn.Module] = []
        rivals[name] = cost(
            lambda: heads.extend(_metric_learning(examples, parameters) for _ in range(INNER_FOLDS + 1))
        )
        if len(judges):
            notes.append(f"the rival's {_accuracy(_Mapped(heads[-1], parameters.products), judges):.3f}")
    runs = INNER_FOLDS + 1
    work = f"the ranking head, {len(training):,} triplets, {runs} runs of {parameters.steps} steps"
    return Row(SECTION, work, len(training), ours, rivals, note=", ".join(notes))


def _accuracy(head: Any, judges: Triplets) -> float:
    return float(triplet_accuracy(head, judges).mean())


class _Mapped(nn.Module):
    """A trunk over the products of embeddings, as the ranking head has them."""

    def __init__(self, trunk: nn.Module, products: int) -> None:
        super().__init__()
        self._trunk, self._products = trunk, products

    def forward(self, embeddings: Tensor) -> Tensor:
        """(N, D) → (N, R) of unit length."""
        return F.normalize(self._trunk(with_products(embeddings, self._products)), dim=-1)


def _metric_learning(examples: Triplets, parameters: RankingHeadParameters) -> nn.Module:
    """One run of the library's trainer; a miner names the triplets of each batch, as its documentation has it."""
    from pytorch_metric_learning import distances, losses, miners, trainers

    class OwnTriplets(miners.BaseMiner):  # type: ignore[misc]
        def mine(self, embeddings: Tensor, labels: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor]:
            first = torch.arange(0, len(labels), 3)
            return first, first + 1, first + 2

    features = with_products(
        torch.stack([examples.reference, examples.positive, examples.negative], 1), parameters.products
    )
    rows = features.flatten(0, 1)
    labels = [label for number in range(len(features)) for label in (2 * number, 2 * number, 2 * number + 1)]
    trunk = nn.Linear(rows.shape[1], parameters.outputs, bias=False)
    batch = min(parameters.batch, len(features))
    logging.getLogger("PML").setLevel(logging.ERROR)
    trainer = trainers.MetricLossOnly(
        models={"trunk": trunk},
        optimizers={"trunk_optimizer": torch.optim.Adam(trunk.parameters(), lr=1e-3)},
        batch_size=3 * batch,
        loss_funcs={"metric_loss": losses.TripletMarginLoss(margin=0.1, distance=distances.CosineSimilarity())},
        dataset=list(zip(rows, labels, strict=True)),
        mining_funcs={"tuple_miner": OwnTriplets()},
        iterations_per_epoch=parameters.steps,
        data_device=torch.device("cpu"),
        dataset_labels=labels,
        sampler=_whole_triplets(len(features), batch, parameters.steps),
        dataloader_num_workers=0,
    )
    trainer.train(num_epochs=1)
    return trunk


def _whole_triplets(count: int, batch: int, steps: int) -> list[int]:
    draw = np.random.default_rng(0)

    def rows() -> Iterator[int]:
        for number in draw.integers(count, size=batch * steps):
            yield from range(3 * int(number), 3 * int(number) + 3)

    return list(rows())
