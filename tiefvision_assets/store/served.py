"""`served.json`: the models and index that searches use, and the models that the next index will be built with.

It alone tells what was promoted, so it is written twice: where it is damaged or gone, its copy counts.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.sealed import DamagedFile, read_json, write_json


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
        self._copy = layout.served_copy

    def read(self) -> Served:
        """The present contents; all empty before the first run. `DamagedFile` where neither file can be read."""
        damage: DamagedFile | None = None
        for file in (self._path, self._copy):
            try:
                return _read(file)
            except FileNotFoundError:
                continue
            except DamagedFile as error:
                damage = damage or error
        if damage:
            raise damage
        return Served()

    def problem(self) -> str | None:
        """What is wrong with the two files, in a sentence; None where both say the same, or before the first run."""
        if not self._path.exists() and not self._copy.exists():
            return None
        try:
            return None if _read(self._path) == _read(self._copy) else f"{self._copy} is not up to date"
        except FileNotFoundError as error:
            return f"{error.filename} is gone"
        except DamagedFile as error:
            return str(error)

    def restore(self) -> None:
        """Write that of the two files anew which cannot be read, or is not up to date."""
        served = self.read()
        for file in (self._path, self._copy):
            try:
                if _read(file) == served:
                    continue
            except (FileNotFoundError, DamagedFile):
                pass
            self._write(served, file)

    def promote(self, models: ModelSet) -> None:
        """Let the next index be built with ``models``; searching still uses the present ones."""
        self._write(replace(self.read(), next=models))

    def switch(self, index: dict[str, str]) -> None:
        """Serve these index versions and the models that they were built with."""
        following = self.read().next
        self._write(Served(following, index, following))

    def _write(self, served: Served, *files: Path) -> None:
        document = {**asdict(served.models), "index": served.index, "next": asdict(served.next)}
        for file in files or (self._path, self._copy):
            write_json(file, document)


def _read(file: Path) -> Served:
    document = read_json(file, "index", "next")
    try:
        following = ModelSet(**document.pop("next"))
        index: dict[str, str] = document.pop("index")
        return Served(ModelSet(**document), index, following)
    except TypeError as error:
        raise DamagedFile(file, "it names other things than models") from error
