"""Which photo a region of a Label Studio task is on: tasks name photos under any key, and may show several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from tiefvision_assets.store.labels.known_photos import PhotoName
from tiefvision_assets.store.labels.problems import RefusedError
from tiefvision_assets.store.photos import PHOTO_SUFFIXES

KEYS = ("path", "image", "img", "image_url", "url")
"""Keys of a task's data that name the photo, the most telling first; others count where there is none of these."""
_DRAWN = ("x", "points", "rle")
"""What the value of a region has that lies on a photo, and that of a choice or a text has not."""


def tags_of(regions: Iterable[dict[str, Any]]) -> set[str]:
    """The tags of the labelling interface on which something is drawn; several show several photos."""
    return {str(region["to_name"]) for region in regions if region.get("to_name") and _is_drawn(region)}


def photo_of(data: dict[str, Any], region: dict[str, Any], tags: set[str]) -> PhotoName:
    """The photo of a region, by the task's ``data``; ``tags`` are those on which the task's regions are drawn.

    A tag is often called as the key is whose photo it shows. Raises `RefusedError` where no photo is named, and where
    it cannot be told which one is meant.
    """
    texts = {key: text for key, value in data.items() for text in _texts(value, region.get("item_index"))}
    tag = str(region.get("to_name"))
    photos = {unquote(text).rpartition("/")[2] for text in texts.values() if _looks_like_a_photo(text)}
    shows_several = len(tags) > 1 and len(photos) > 1
    if tag in texts and (shows_several or (tag not in KEYS and _looks_like_a_photo(texts[tag]))):
        return PhotoName((texts[tag],))
    if shows_several:
        shown = ", ".join(map(repr, sorted(tags)))
        reason = f"the task shows several photos ({shown}), and its data have no key {tag!r}"
        raise RefusedError(reason, "call the data's keys as the tags of the labelling interface, or split it")
    names = [texts[key] for key in KEYS if key in texts]
    names = names or [text for text in texts.values() if _looks_like_a_photo(text)]
    if not names:
        reason = '"data" has neither "path" nor "image", nor another key that names a photo'
        raise RefusedError(reason, "give the path relative to the folder of raw photos")
    return PhotoName(tuple(dict.fromkeys(names)))


def _is_drawn(region: dict[str, Any]) -> bool:
    value = region.get("value")
    return isinstance(value, dict) and any(key in value for key in _DRAWN)


def _texts(value: Any, item: Any) -> Iterator[str]:
    """The text that names a photo: the value itself, one of a list by the region's ``item_index``, or one within."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, list):
        position = 0 if len(value) == 1 else item
        if isinstance(position, int) and 0 <= position < len(value) and isinstance(value[position], str | dict):
            yield from _texts(value[position], item)
    elif isinstance(value, dict):
        yield from (inner for inner in value.values() if isinstance(inner, str) and _looks_like_a_photo(inner))


def _looks_like_a_photo(value: str) -> bool:
    return "?d=" in value or PurePosixPath(value.split("?")[0]).suffix.lower() in PHOTO_SUFFIXES
