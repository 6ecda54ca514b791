"""The page Team: the board and goals, what came back from review, queues, and gold questions."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from tiefvision_ui import address, notices
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.annotation import queues
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.states import no_photos
from tiefvision_ui.team.board import shown_board
from tiefvision_ui.team.gold import shown_gold
from tiefvision_ui.team.queues import shown_queues
from tiefvision_ui.team.returned import shown_returned

Part = Literal["board", "returned", "queues", "gold"]
PARTS: dict[Part, str] = {
    "board": N_("Board"),
    "returned": N_("Came back"),
    "queues": N_("Queues"),
    "gold": N_("Gold questions"),
}


def team(person: Person) -> None:
    """Draw the part of the page that the address names."""
    st.title(_("Team"), anchor=False)
    if not queues.photos():
        no_photos()
        return
    notices.show_notice()
    parts = {part: _(name) for part, name in PARTS.items()}
    part = address.choice(_("Show"), parts, "show", "page", label_visibility="collapsed")
    if part == "returned":
        shown_returned(person)
    elif part == "queues":
        shown_queues(person)
    elif part == "gold":
        shown_gold(person)
    else:
        shown_board(person)


team(current_person())
