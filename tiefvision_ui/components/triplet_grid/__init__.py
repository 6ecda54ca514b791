"""The grid in which an annotator chooses a photo that is similar to a reference (H+), and one that is less so (H-)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tiefvision_ui.components.commit_channel import CommitChannel
from tiefvision_ui.components.declared import declared
from tiefvision_ui.components.photo_data import photo_data
from tiefvision_ui.values import Photo

_component = declared(
    "tiefvision_triplet_grid",
    html='<div class="triplets"></div>',
    css=("shared/labelling.css", "triplet_grid/triplet_grid.css"),
    js="triplet_grid/triplet_grid.js",
)


@dataclass(frozen=True)
class Pair:
    """H+ and H- of one reference."""

    positive: Photo
    negative: Photo


@dataclass(frozen=True)
class TripletTask:
    """A reference, the photos to choose from, and the triplets that exist for it already."""

    reference: Photo
    candidates: Sequence[Photo]
    existing: Sequence[Pair] = ()
    choice: Pair | None = None
    """What is chosen to begin with, among the candidates."""
    quick: bool = False
    """Whether the first key or click decides which of the two candidates is closer."""


def triplet_grid(task: TripletTask | None, *, coming: Sequence[TripletTask] = (), channel: CommitChannel) -> None:
    """Show the reference beside its candidates; the tasks that are ``coming`` are shown while this one is saved.

    Without a task nothing is shown, and what the browser still has to send is sent. A commit is a dictionary with
    ``commit_id``, ``session``, ``database``, ``person``, ``action`` (save, tie, skip, undo, remove), ``photo`` (the
    reference's sha256), ``positive``, ``negative``, ``way`` (grid or quick), ``seconds`` and
    ``undoes`` (the commit that an undo takes back).

    >>> import streamlit as st
    >>> from tiefvision_ui.components.commit_channel import CommitChannel
    >>> from tiefvision_ui.components.triplet_grid import TripletTask, triplet_grid
    >>> from tiefvision_ui.values import Photo
    >>> def heard():
    ...     st.session_state["heard"] = st.session_state["grid"].news["heard"]
    >>> reference, *candidates = [Photo(f"3f2{n}", f"id{n}", f"dress-00{n}.jpg", 600, 800) for n in range(4)]
    >>> last = st.session_state.get("heard")
    >>> channel = CommitChannel("grid", heard, "1b6c", "9d0e", "Ann", logged_in=False, heard=last, undoable=None)
    >>> triplet_grid(TripletTask(reference, candidates), channel=channel)
    """
    data = channel.data(_as_data(task) if task else None, [_as_data(each) for each in coming])
    _component(key=channel.key, on_news_change=channel.on_news, data=data)


def _as_data(task: TripletTask) -> dict[str, object]:
    return {
        "reference": photo_data(task.reference),
        "candidates": [photo_data(photo) for photo in task.candidates],
        "existing": [
            {"positive": photo_data(pair.positive), "negative": photo_data(pair.negative)} for pair in task.existing
        ],
        "choice": {"positive": task.choice.positive.sha256, "negative": task.choice.negative.sha256}
        if task.choice
        else None,
        "quick": task.quick,
    }
