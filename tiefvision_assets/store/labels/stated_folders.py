"""The folders in which names of photos say that the photo lies: another folder is another photo."""

from __future__ import annotations

from collections.abc import Iterable

from tiefvision_assets.store.labels.spellings import (
    FOLDERS,
    last_part,
    normal,
    plain,
    spellings,
    without_photo_suffix,
)

_OF_TOOLS = frozenset(["", *map(plain, FOLDERS)])


class StatedFolders:
    """Which photos may be meant by their last part alone: those that lie in no other folder than ``names`` say."""

    def __init__(self, names: Iterable[str]) -> None:
        self._ways = [{plain(stem) for way in (name, *spellings(name)) for stem in _stems(way)} for name in names]

    def allow(self, known: str) -> bool:
        """Whether no name contradicts, in all its spellings, that the photo is the one with that path, without its
        suffix and `plain`."""
        for ways in self._ways:
            alike = [way for way in ways if last_part(way) == last_part(known)]
            if alike and all(_contradicts(way, known) for way in alike):
                return False
        return True


def _stems(path: str) -> tuple[str, str]:
    return normal(path), without_photo_suffix(normal(path))


def _contradicts(path: str, known: str) -> bool:
    """Whether the two, equal in their last part, have different folders before it; those of tools say nothing."""
    folders = zip(path.split("/")[-2::-1], known.split("/")[-2::-1], strict=False)
    different = next((ours for ours, theirs in folders if ours != theirs), "")
    return different not in _OF_TOOLS
