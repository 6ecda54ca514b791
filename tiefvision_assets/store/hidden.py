"""Which entries of an index are hidden, as other photos of the same shot are kept in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from tiefvision_assets.store.labels.duplicates import Choice


def hidden_rows(entries: pd.DataFrame, choices: Mapping[str, Choice]) -> np.ndarray | None:
    """(N,) whether each entry (path, sha256) is hidden; None where nothing is.

    A photo is hidden only while the one that is kept in its place is shown, so that no shot gets lost when files are
    deleted, or when that one is hidden later in favour of a third, which need not resemble the first. Of a kept photo's
    copies the one at the chosen path is shown, or the first where there is none at that path any more.
    """
    named = {*choices, *(choice.kept for choice in choices.values())}
    of_few = entries["sha256"].isin(list(named)).to_numpy(dtype=bool) if choices else np.zeros(0, bool)
    rows = np.flatnonzero(of_few)
    if not len(rows):
        return None
    contents, paths = (entries[name].iloc[rows].to_numpy(dtype=object) for name in ("sha256", "path"))
    is_hidden = _hidden_contents(set(contents), choices)
    shown = _shown_copies(contents, paths, choices)
    hidden = np.zeros(len(entries), bool)
    for row, content, path in zip(rows, contents, paths, strict=True):
        hidden[row] = is_hidden[content] or shown.get(content, path) != path
    return hidden if hidden.any() else None


def hidden_beside_others(hidden: np.ndarray, owners: np.ndarray, products: int) -> np.ndarray:
    """(N,) which entries a list of products leaves out, of the (N,) hidden ones.

    ``owners``, (N,), are the rows of the products that the entries show, ``products`` for those of none. No product is
    lost by it: two may have the same photo, and those of a product without any other stand for it.
    """
    shown = np.bincount(owners[~hidden], minlength=products + 1) > 0
    return hidden & shown[owners]


def _hidden_contents(there: set[str], choices: Mapping[str, Choice]) -> dict[str, bool]:
    """Whether each of the contents that are there is hidden: if that which is kept in its place is there and is not.

    Of contents that hide each other in a circle none is hidden.
    """
    hidden: dict[str, bool] = {}
    for start in there:
        chain: dict[str, None] = {}
        at = start
        while at not in hidden and at not in chain:
            chain[at] = None
            choice = choices.get(at)
            if choice is None or not choice.is_hidden or choice.kept not in there:
                hidden[at] = False
            else:
                at = choice.kept
        while at not in hidden:  # a circle
            hidden[at] = False
            at = choices[at].kept
        for content in reversed(chain):
            if content not in hidden:
                hidden[content] = not hidden[choices[content].kept]
    return hidden


def _shown_copies(contents: np.ndarray, paths: np.ndarray, choices: Mapping[str, Choice]) -> dict[str, str]:
    """The only path at which each kept photo is shown, of those for which one was chosen."""
    shown: dict[str, str] = {}
    for content, path in zip(contents, paths, strict=True):
        choice = choices.get(content)
        if choice and choice.path and not choice.is_hidden and shown.get(content) != choice.path:
            shown[content] = path if path == choice.path else min(path, shown.get(content, path))
    return shown
