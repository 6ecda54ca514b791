"""`served.json`: the models and index that searches use, and the models that the next index will be built with.

It alone tells what was promoted, so it is written twice: where it is damaged or gone, its copy counts.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tiefvision_assets.store import served_history
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.model_set import CompleteModels, ModelSet
from tiefvision_assets.store.sealed import DamagedFile, read_json, write_json
from tiefvision_assets.store.served_history import CONFIGURATION, Decision, History, ServedVersion, decided
from tiefvision_assets.store.stamp import FileStamp, stamp_of

__all__ = ["CompleteModels", "History", "ModelSet", "Served", "ServedFile", "ServedVersion"]

HISTORY = "history"
"""Key of the file under which the history stands."""


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
    history: History = field(default_factory=History, compare=False)
    """What was served before, and what was decided; searching does not depend on it."""

    @property
    def version(self) -> ServedVersion | None:
        """What is served now, as one of the versions; None before the first index."""
        return ServedVersion(self.models, self.index, self.history.since) if self.index else None


class ServedFile:
    """Reads and switches ``served.json``."""

    def __init__(self, layout: Layout, keep: int = 0) -> None:
        """``keep`` is the number of versions before the served one that can be served again."""
        self._keep = keep
        self._path = layout.served
        self._copy = layout.served_copy

    def read(self) -> Served:
        """The present contents; all empty before the first run. `DamagedFile` where neither file can be read."""
        hooks.look(self._path)
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

    def stamp(self) -> FileStamp | None:
        """The file's stamp; None before the first run."""
        hooks.look(self._path)
        return stamp_of(self._path)

    def problem(self) -> str | None:
        """What is wrong with the two files, in a sentence; None where both say the same, or before the first run."""
        if not self._path.exists() and not self._copy.exists():
            return None
        try:
            return (
                None if _all_of(_read(self._path)) == _all_of(_read(self._copy)) else f"{self._copy} is not up to date"
            )
        except FileNotFoundError as error:
            return f"{error.filename} is gone"
        except DamagedFile as error:
            return str(error)

    def restore(self) -> None:
        """Write that of the two files anew which cannot be read, or is not up to date."""
        served = self.read()
        for file in (self._path, self._copy):
            try:
                if _all_of(_read(file)) == _all_of(served):
                    continue
            except (FileNotFoundError, DamagedFile):
                pass
            self._write(served, file)

    def promote(self, models: ModelSet) -> None:
        """Let the next index be built with ``models``; searching still uses the present ones.

        What somebody had rejected among them is that no longer.
        """
        served = self.read()
        revoked = [name for name in models.fitted if served.history.rejection(name)]
        history = served.history.with_decision(decided("promoted", CONFIGURATION, revoked)) if revoked else None
        self._write(replace(served, next=models, history=history or served.history))

    def decide(self, following: ModelSet, decision: Decision) -> None:
        """Let the next index be built with ``following``, as somebody decided."""
        served = self.read()
        self._write(replace(served, next=following, history=served.history.with_decision(decision)))

    def switch(self, index: dict[str, str]) -> None:
        """Serve these index versions and the models that they were built with; what was served before is kept."""
        served = self.read()
        self._write(self._serving(served, ServedVersion(served.next, index)))

    def serve_again(self, version: ServedVersion, *decisions: Decision) -> None:
        """Serve a kept version, as somebody decided; its models are also those of the next index."""
        served = self._serving(self.read(), version)
        for decision in decisions:
            served = replace(served, history=served.history.with_decision(decision))
        self._write(served)

    def _serving(self, before: Served, version: ServedVersion) -> Served:
        history = before.history.after(before.version, version.models, self._keep)
        return Served(version.models, version.index, version.models, history)

    def _write(self, served: Served, *files: Path) -> None:
        for file in files or (self._path, self._copy):
            write_json(file, _all_of(served))


def _all_of(served: Served) -> dict[str, Any]:
    """The document of ``served.json``; without a history, as versions of before wrote it."""
    document = {**asdict(served.models), "index": served.index, "next": asdict(served.next)}
    return document | ({HISTORY: served_history.written(served.history)} if served.history != History() else {})


def _read(file: Path) -> Served:
    document = read_json(file, "index", "next")
    try:
        history = document.pop(HISTORY, None)
        following = ModelSet(**document.pop("next"))
        index: dict[str, str] = document.pop("index")
        known = served_history.read(history) if history else History()
        return Served(ModelSet(**document), index, following, known)
    except (TypeError, KeyError, AttributeError) as error:
        raise DamagedFile(file, "it names other things than models") from error
