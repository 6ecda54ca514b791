"""The history of labels as a list with pictures, and a button for each label to undo it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui.components.declared import declared
from tiefvision_ui.components.photo_data import photo_data
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.values import Photo, name_of

_component = declared(
    "tiefvision_history_list",
    html='<ol class="history"></ol>',
    css=("shared/labelling.css", "shared/labelled_photo.css", "history_list/history_list.css"),
    js="history_list/history_list.js",
)
_TITLES = {
    ("box", "label"): N_("Box"),
    ("box", "absent"): N_("No object"),
    ("box", "skip"): N_("Skipped"),
    ("triplet", "label"): N_("Triplet"),
    ("triplet", "tie"): N_("Too close to call"),
    ("triplet", "skip"): N_("Skipped as a reference"),
}
_METHODS = {
    "accepted": N_("the model's box, accepted"),
    "adjusted": N_("a box, adjusted"),
    "drawn": N_("drawn"),
    "extreme": N_("from four clicks"),
    "grid": N_("from the grid"),
    "quick": N_("a quick question"),
}


def history_list(
    events: Sequence[Event],
    photos: Mapping[str, Photo],
    may_undo: Callable[[Event], bool],
    *,
    failures: int,
    key: str,
    on_undo: Callable[[], None],
) -> None:
    """Show the events, with buttons to undo those for which ``may_undo`` is true.

    ``on_undo`` is called when ``st.session_state[key].undo`` is the id of an event to be undone. A pressed button is
    enabled again when the number of ``failures`` has grown. ``photos`` are by sha256.

    >>> from datetime import UTC, datetime
    >>> import streamlit as st
    >>> from tiefvision_assets.box import Box
    >>> from tiefvision_assets.store.labels.history import Event
    >>> from tiefvision_ui.components.history_list import history_list
    >>> from tiefvision_ui.values import Photo
    >>> def undo():
    ...     st.session_state["undone"] = st.session_state["history"].undo
    >>> now, box = datetime.now(UTC), Box(100, 80, 500, 780)
    >>> event = Event(1, "box", "3f2a", "label", box, "Ann", "annotator", "app", now, 2.5, "drawn")
    >>> photos = {"3f2a": Photo("3f2a", "id1", "dress-001.jpg", 600, 800)}
    >>> history_list([event], photos, lambda event: True, failures=0, key="history", on_undo=undo)
    """
    rows = [_row(event, photos, may_undo(event)) for event in events]
    _component(key=key, on_undo_change=on_undo, data={"rows": rows, "failures": failures})


def _row(event: Event, photos: Mapping[str, Photo], undoable: bool) -> dict[str, object]:
    photo = photos.get(event.sha256)
    name = name_of(photo.path) if photo else _("a photo that is no longer in the catalogue")
    method = [_(_METHODS[event.method])] if event.method else []
    origin = {"app": [], "import": [_("imported")], "demo": [_("from the demo")]}[event.source]
    title = _(_TITLES[event.kind, event.action])
    return {
        "id": event.event_id,
        "title": _("{title}, by a reviewer", title=title) if event.role == "reviewer" else title,
        "detail": " · ".join([name, *method, *origin]),
        "who": event.annotator,
        "when": event.created_at.isoformat(),
        "seconds": "" if event.seconds is None else f"{number_words(event.seconds, 1)} s",
        "undone": _("undone by {name}", name=event.undone_by) if event.undone_by else None,
        "undoable": undoable,
        "photos": _pictures(event, photos),
    }


def _pictures(event: Event, photos: Mapping[str, Photo]) -> list[dict[str, object]]:
    names = [(event.sha256, "")]
    if isinstance(event.label, TripletLabel):
        tones = ("positive", "negative") if event.action == "label" else ("", "")
        names += zip((event.label.positive, event.label.negative), tones, strict=True)
    boxes = [{"sides": event.label.as_tuple(), "tone": "first"}] if isinstance(event.label, Box) else []
    return [{"photo": photo_data(photos[name]), "boxes": boxes, "tone": tone} for name, tone in names if name in photos]
