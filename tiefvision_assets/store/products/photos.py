"""Which photos of the catalogue show which product: what a feed names, looked up among the photos that there are."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tiefvision_assets.store.products.feed import PRODUCT_ID, Feed

_WILD = re.compile(r"\*\*|\*|\?")
_ID = "{product_id}"
_GLOBS = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class Matched:
    """The photos of a feed's products."""

    photos: list[list[str]]
    """Of each product the paths of its photos in the catalogue, in the order of the feed."""
    unknown: list[str]
    """Paths and patterns for which the catalogue has no photo."""
    of_two: list[tuple[str, str, str]]
    """Photos that the feed gives to two products: the path, the product that has it, and the one that has not."""


def matched(feed: Feed, paths: Sequence[str]) -> Matched:
    """Look up the feed's photos among the live ``paths`` of the catalogue.

    A photo belongs to one product: one that the feed names goes before one that only fits a pattern, then the longer
    id (``dress-1-*.jpg`` fits a photo of dress-1-a), then the product that comes first.
    """
    ids = feed.products[PRODUCT_ID].to_pylist()
    ordered = sorted(paths)
    owner: dict[str, int] = {}
    photos: list[list[str]] = [[] for _ in ids]
    unknown: list[str] = []
    of_two: list[tuple[str, str, str]] = []

    def give(product: int, path: str) -> None:
        if path not in owner:
            owner[path] = product
            photos[product].append(path)
        elif owner[path] != product:
            of_two.append((path, ids[owner[path]], ids[product]))

    is_pattern = np.asarray(pc.match_substring_regex(feed.named, r"\{product_id\}|[*?]"), dtype=bool)
    is_known = np.asarray(pc.is_in(feed.named, pa.array(ordered, pa.string())), dtype=bool)
    for product, name, known in zip(feed.owners.tolist(), feed.named.to_pylist(), is_known.tolist(), strict=True):
        if known:
            give(product, name)
    for at in np.flatnonzero(~is_known & ~is_pattern).tolist():
        unknown.append(feed.named[at].as_py())
    patterns = [(int(feed.owners[at]), feed.named[at].as_py()) for at in np.flatnonzero(~is_known & is_pattern)]
    patterns.sort(key=lambda one: (-len(ids[one[0]]), one[0]))
    candidates = _candidates([(pattern, ids[product]) for product, pattern in patterns], ordered)
    for (product, pattern), among in zip(patterns, candidates, strict=True):
        shown = pattern.replace(_ID, ids[product])
        found = list(_fitting(pattern, ids[product], among))
        if not found:
            unknown.append(shown)
        for path in found:
            if path not in owner or len(ids[owner[path]]) == len(ids[product]):
                give(product, path)
    return Matched(photos, unknown, of_two)


def names_one_of(name: str, product_id: str, ordered: Sequence[str]) -> bool:
    """Whether a path or pattern, as the product of that id names its photos, is or fits one of these sorted paths."""
    return any(True for _ in _fitting(name, product_id, ordered))


def _candidates(patterns: Sequence[tuple[str, str]], ordered: Sequence[str]) -> list[Sequence[str]]:
    """For each pattern with its product's id the paths that may fit, in their order; all are looked through once.

    Otherwise a catalogue would be gone through for each product where a pattern begins with a wildcard.
    """
    literals = [_literal(pattern, product_id) for pattern, product_id in patterns]
    wanted: dict[str, set[str]] = defaultdict(set)
    for one in literals:
        if one:
            wanted[one[1]].add(one[0])
    found = {start: _containing(texts, start, ordered) for start, texts in wanted.items()}
    return [ordered if one is None else found[one[1]].get(one[0], []) for one in literals]


def _literal(pattern: str, product_id: str) -> tuple[str, str] | None:
    """A text that is in every path that fits, with the product's id if it can be, and how it begins for all products.

    None where what stands before the first wildcard narrows the paths down.
    """
    first, *others = _WILD.split(pattern)
    of_product = [part for part in others if _ID in part]
    chosen = max(of_product or others, key=len, default="")
    if _ID in first or (first and not of_product) or not chosen:
        return None
    return chosen.replace(_ID, product_id), chosen.partition(_ID)[0] if of_product else ""


def _containing(texts: set[str], start: str, ordered: Sequence[str]) -> dict[str, list[str]]:
    """The paths that contain each of the texts, all of which begin with ``start``."""
    lengths = {len(text) for text in texts}
    found: dict[str, list[str]] = defaultdict(list)
    for path in ordered:
        at = path.find(start)
        held: set[str] = set()
        while at >= 0:
            held.update(path[at : at + length] for length in lengths)
            at = path.find(start, at + 1)
        for text in held & texts:
            found[text].append(path)
    return found


def _fitting(pattern: str, product_id: str, ordered: Sequence[str]) -> Iterator[str]:
    """The paths that fit the pattern; a wildcard stands for no slash, two stars for anything."""
    written = pattern.replace(_ID, "\0")
    wild = _WILD.search(written)
    prefix = written[: wild.start()] if wild else written
    prefix = prefix.replace("\0", product_id)
    parts = re.split(r"(\*\*|\*|\?|\0)", written)
    expression = "".join(_GLOBS.get(part) or re.escape(product_id if part == "\0" else part) for part in parts)
    fits = re.compile(expression).fullmatch
    for path in ordered[bisect_left(ordered, prefix) :]:
        if not path.startswith(prefix):
            return
        if fits(path):
            yield path
