"""The editor in which an annotator draws, adjusts or accepts the box of a photo."""

from __future__ import annotations

from dataclasses import dataclass

from streamlit.components.v2 import component

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.schema import Capacity, Method
from tiefvision_ui.components.commit_channel import CommitChannel
from tiefvision_ui.components.source import script, styles
from tiefvision_ui.values import ModelBox, Photo, name_of, photo_url

_component = component(
    "tiefvision_box_editor",
    html='<div class="editor"></div>',
    css=styles("shared/labelling.css", "box_editor/box_editor.css"),
    js=script("box_editor/box_editor.js"),
)


@dataclass(frozen=True)
class Start:
    """A box that was decided before, to begin with, and how it was made."""

    box: Box
    method: Method


@dataclass(frozen=True)
class BoxTask:
    """A photo whose box is wanted, the model's box on it, a box to start with instead, and as what it is decided."""

    photo: Photo
    model: ModelBox | None = None
    start: Start | None = None
    role: Capacity = "annotator"


def box_editor(task: BoxTask, *, following: BoxTask | None, channel: CommitChannel) -> None:
    """Show the task's photo with its box; the ``following`` one is loaded in advance, and shown while this is saved.

    A commit has ``commit_id``, ``action`` (save, absent, skip, undo, resume), ``photo``, ``role``, ``box``, ``method``
    and ``seconds``.
    """
    data = channel.data(_as_data(task), _as_data(following) if following else None)
    _component(key=channel.key, on_commit_change=channel.on_commit, data=data)


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
        "role": task.role,
    }
