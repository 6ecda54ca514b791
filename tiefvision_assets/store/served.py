"""`served.json`: the models and index that searches use, and the models that the next index will be built with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tiefvision_assets.store.atomic import read_json, write_json
from tiefvision_assets.store.layout import Layout


@dataclass(frozen=True)
class ModelSet:
    """Fingerprints of models that belong together; None for a missing model, such as heads without labels."""

    encoder: str | None = None
    heads: str | None = None
    basis: str | None = None
    ranking_head: str | None = None

    def with_encoder(self, encoder: str) -> ModelSet:
        """The set with that encoder; models that were fitted on another encoder are dropped."""
        return self if encoder == self.encoder else ModelSet(encoder=encoder)

    def with_basis(self, basis: str) -> ModelSet:
        """The set with that basis; a ranking head fitted on another one is dropped."""
        return self if basis == self.basis else replace(self, basis=basis, ranking_head=None)

    @property
    def complete(self) -> CompleteModels | None:
        """The set with what every index needs; None where its encoder or its basis is missing yet."""
        if self.encoder is None or self.basis is None:
            return None
        return CompleteModels(self.encoder, self.basis, self.heads, self.ranking_head)


@dataclass(frozen=True)
class CompleteModels:
    """Models that photos can be encoded, indexed and searched by.

    Without heads the whole photo is the box; without a ranking head both rankings are one.
    """

    encoder: str
    basis: str
    heads: str | None = None
    ranking_head: str | None = None


@dataclass(frozen=True)
class Served:
    """The served models with both index versions, and in ``next`` the promoted models that wait for an index.

    Searching reads `models` and `index` only. Promotions change `next`; when the index for them is complete, one rename
    makes it the served one.
    """

    models: ModelSet = field(default_factory=ModelSet)
    index: dict[str, str] = field(default_factory=dict)
    """Ranking → version of its index; empty before the first one."""
    next: ModelSet = field(default_factory=ModelSet)


class ServedFile:
    """Reads and switches ``served.json``."""

    def __init__(self, layout: Layout) -> None:
        self._path = layout.served

    def read(self) -> Served:
        """The present contents; all empty before the first run."""
        if not self._path.exists():
            return Served()
        document: dict[str, Any] = read_json(self._path)
        following = ModelSet(**document.pop("next"))
        index = document.pop("index")
        return Served(ModelSet(**document), index, following)

    def promote(self, models: ModelSet) -> None:
        """Let the next index be built with ``models``; searching still uses the present ones."""
        self._write(replace(self.read(), next=models))

    def switch(self, index: dict[str, str]) -> None:
        """Serve these index versions and the models that they were built with."""
        following = self.read().next
        self._write(Served(following, index, following))

    def _write(self, served: Served) -> None:
        write_json(self._path, {**asdict(served.models), "index": served.index, "next": asdict(served.next)})
