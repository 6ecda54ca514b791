"""The editor in which an annotator draws, adjusts or accepts the box of a photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.schema import Capacity, Method
from tiefvision_ui.components.commit_channel import CommitChannel
from tiefvision_ui.components.declared import declared
from tiefvision_ui.values import ModelBox, Photo, name_of, photo_url

_component = declared(
    "tiefvision_box_editor",
    html='<div class="editor"></div>',
    css=("shared/labelling.css", "box_editor/box_editor.css"),
    js="box_editor/box_editor.js",
)


@dataclass(frozen=True)
class InitialBox:
    """A box that was decided before and is shown to begin with, and how it was made."""

    box: Box
    method: Method


@dataclass(frozen=True)
class BoxTask:
    """A photo to be labelled, the model's box, a box to show instead of it, and the role in which it is decided."""

    photo: Photo
    model: ModelBox | None = None
    initial: InitialBox | None = None
    role: Capacity = "annotator"
    origin: str | None = None
    """Where the model's box comes from, in words, if it is not that of the served model."""


def box_editor(task: BoxTask | None, *, coming: Sequence[BoxTask] = (), channel: CommitChannel) -> None:
    """Show the task's photo with its box; those that are ``coming`` are loaded, and shown while this one is saved.

    Without a task nothing is shown, and what the browser still has to send is sent. A commit is a dictionary with
    ``commit_id``, ``session``, ``database``, ``person``, ``action`` (save, absent, skip, undo), ``photo`` (sha256),
    ``role``, ``box`` (left, top, right, bottom in pixels), ``method``, ``seconds`` and
    ``undoes`` (the commit that an undo takes back).

    >>> import streamlit as st
    >>> from tiefvision_assets.box import Box
    >>> from tiefvision_ui.components.box_editor import BoxTask, box_editor
    >>> from tiefvision_ui.components.commit_channel import CommitChannel
    >>> from tiefvision_ui.values import ModelBox, Photo
    >>> def heard():
    ...     st.session_state["heard"] = st.session_state["editor"].news["heard"]
    >>> task = BoxTask(Photo("3f2a", "id1", "dress-001.jpg", 600, 800), ModelBox(Box(100, 80, 500, 780), 0.9))
    >>> last = st.session_state.get("heard")
    >>> channel = CommitChannel("editor", heard, "1b6c", "9d0e", "Ann", logged_in=False, heard=last, undoable=None)
    >>> box_editor(task, channel=channel)
    """
    data = channel.data(_as_data(task) if task else None, [_as_data(each) for each in coming])
    _component(key=channel.key, on_news_change=channel.on_news, data=data)


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
        "start": {"box": task.initial.box.rounded(), "method": task.initial.method} if task.initial else None,
        "role": task.role,
        "origin": task.origin,
    }
