"""The page Review: disagreements between people and the model, the history of labels, and annotators' agreement."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from tiefvision_ui import address, notices
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.annotation import queues
from tiefvision_ui.review.agreement import agreement
from tiefvision_ui.review.disagreements import disagreements
from tiefvision_ui.review.history import history
from tiefvision_ui.states import no_photos

Part = Literal["disagreements", "history", "agreement"]
PARTS: dict[Part, str] = {"disagreements": "Disagreements", "history": "History", "agreement": "Agreement"}


def review(person: Person) -> None:
    """Draw the part of the page that the address names."""
    notices.show_notice()
    address.option("show", list(PARTS), "disagreements")
    part: Part = st.segmented_control(
        "Show",
        list(PARTS),
        format_func=lambda part: PARTS[part],
        default="disagreements",
        required=True,
        key="show",
        on_change=address.keep,
        args=("show", "disagreements", "page"),
        label_visibility="collapsed",
    )
    if part == "history":
        history(person)
    elif part == "agreement":
        agreement()
    else:
        disagreements(person)


st.title("Review", anchor=False)
somebody = current_person()
if queues.photos():
    review(somebody)
else:
    no_photos()
