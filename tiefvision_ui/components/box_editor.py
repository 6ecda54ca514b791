"""The editor in which an annotator draws, adjusts or accepts the box of a photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streamlit.components.v2 import component

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.schema import Method
from tiefvision_ui.components.source import source
from tiefvision_ui.images import photo_url
from tiefvision_ui.queues import ModelBox, Photo
from tiefvision_ui.results import name_of

_component = component(
    "tiefvision_box_editor",
    html='<div class="editor"></div>',
    css=source("labelling.css", "box_editor.css"),
    js=source("labelling.js", "box_geometry.js", "box_draft.js", "box_view.js", "box_editor.js"),
)


@dataclass(frozen=True)
class Start:
    """A box that was decided before, to begin with, and how it was made."""

    box: Box
    method: Method


@dataclass(frozen=True)
class BoxTask:
    """A photo whose box is wanted, the model's box on it, and a box to start with instead."""

    photo: Photo
    model: ModelBox | None = None
    start: Start | None = None


def box_editor(
    task: BoxTask,
    *,
    following: BoxTask | None,
    saved: str | None,
    problem: str | None,
    undoable: bool,
    key: str,
    on_commit: Callable[[], None],
) -> None:
    """Show the task's photo with its box; the ``following`` one is loaded in advance, and shown while this is saved.

    ``on_commit`` is called when ``st.session_state[key].commit`` has a new commit: ``commit_id``, ``action`` (save,
    absent, skip, undo, resume), ``photo``, ``box``, ``method``, ``seconds``. It is sent again until ``saved``, the id
    of the last commit that is done with, names it; ``problem`` says why that did not happen yet.
    """
    _component(
        key=key,
        on_commit_change=on_commit,
        data={
            "now": _as_data(task),
            "next": _as_data(following) if following else None,
            "saved": saved,
            "problem": problem,
            "undoable": undoable,
        },
    )


def _as_data(task: BoxTask) -> dict[str, object]:
    photo = task.photo
    return {
        "photo": {
            "id": photo.sha256,
            "src": photo_url(photo.sha256),
            "width": photo.width,
            "height": photo.height,
            "name": name_of(photo.path),
        },
        "model": task.model.box.rounded() if task.model else None,
        "start": {"box": task.start.box.rounded(), "method": task.start.method} if task.start else None,
    }
