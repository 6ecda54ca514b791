"""The page Review: disagreements, likely wrong labels, the history of labels, and annotators' agreement."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from tiefvision_ui import address, notices
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.annotation import queues
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.review.agreement import agreement
from tiefvision_ui.review.disagreements import disagreements
from tiefvision_ui.review.errors import label_errors
from tiefvision_ui.review.history import history
from tiefvision_ui.states import no_photos

Part = Literal["disagreements", "errors", "history", "agreement"]
PARTS: dict[Part, str] = {
    "disagreements": N_("Disagreements"),
    "errors": N_("Wrong labels"),
    "history": N_("History"),
    "agreement": N_("Agreement"),
}


def review(person: Person) -> None:
    """Draw the part of the page that the address names."""
    st.title(_("Review"), anchor=False)
    if not queues.photos():
        no_photos()
        return
    notices.show_notice()
    parts = {part: _(name) for part, name in PARTS.items()}
    part = address.choice(_("Show"), parts, "show", "page", label_visibility="collapsed")
    if part == "history":
        history(person)
    elif part == "errors":
        label_errors(person)
    elif part == "agreement":
        agreement()
    else:
        disagreements(person)


review(current_person())
