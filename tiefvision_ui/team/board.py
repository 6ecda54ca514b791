"""The part *Board* of the team page: what each person did each day, and the goals that they set themselves."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from tiefvision_assets.store.labels.board import board
from tiefvision_assets.store.labels.goals import MOST
from tiefvision_assets.store.labels.schema import Kind
from tiefvision_ui import notices, services
from tiefvision_ui.access.people import Person
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import N_, _

DAYS = 30
FRACTIONS = ("box_seconds", "triplet_seconds", "mean_iou", "triplet_agreement", "gold_right")
"""Columns that may have no value."""
GOALS: dict[Kind, str] = {"box": N_("Boxes"), "triplet": N_("Triplets")}
REACHED: dict[Kind, str] = {
    "box": N_("Today's goal is reached: {done} of {goal} boxes."),
    "triplet": N_("Today's goal is reached: {done} of {goal} triplets."),
}
ON_THE_WAY: dict[Kind, str] = {
    "box": N_("Today: {done} of {goal} boxes."),
    "triplet": N_("Today: {done} of {goal} triplets."),
}
SET: dict[Kind, str] = {
    "box": N_("Your goal: {goal} boxes a day."),
    "triplet": N_("Your goal: {goal} triplets a day."),
}
GIVEN_UP: dict[Kind, str] = {
    "box": N_("No goal for boxes any more."),
    "triplet": N_("No goal for triplets any more."),
}


def _share(label: str, help: str) -> Any:
    return st.column_config.ProgressColumn(label, min_value=0.0, max_value=1.0, format="localized", help=help)


def _seconds(label: str) -> Any:
    return st.column_config.NumberColumn(label, format="localized", help=_("Median"))


def _number(label: str, help: str) -> Any:
    return st.column_config.NumberColumn(label, help=help)


def _columns() -> dict[str, Any]:
    right = _("Share of these that were right: a box from IoU .8 on, a triplet as known")
    return {
        "day": st.column_config.DateColumn(_("Day"), help=_("By UTC"), format="localized"),
        "person": _("Person"),
        "boxes": _number(_("Boxes"), _("Decisions: boxes, no object, and answers to gold questions")),
        "triplets": _number(_("Triplets"), _("Decisions: triplets, too close, and gold questions")),
        "box_seconds": _seconds(_("Seconds a box")),
        "triplet_seconds": _seconds(_("Seconds a triplet")),
        "mean_iou": _share(_("Overlap with others (IoU)"), _("On photos that two people were asked about")),
        "triplet_agreement": _share(_("Triplets judged alike"), _("Of those that two people judged")),
        "gold": _number(_("Gold"), _("Answered questions whose answer is known")),
        "gold_right": _share(_("Gold right"), right),
    }


def shown_board(person: Person) -> None:
    """Draw the goals of the person and the board: everybody's for an administrator, else the person's own rows."""
    if person.may_label:
        _goals(person)
    store = services.store()
    rows = board(store.history.standing("box"), store.history.standing("triplet"), store.team.gold.questions())
    mine = [row for row in rows if person.may_review or row.person == person.name]
    days = sorted({row.day for row in mine}, reverse=True)[:DAYS]
    if not days:
        st.info(_("Nobody has labelled yet whom you may see here. Begin with Boxes."), icon=":material/groups:")
        return
    st.header(_("Board"), anchor=False)
    shown = [asdict(row) for row in mine if row.day >= days[-1]]
    # "localized" shows numbers as they are rounded here.
    table = pd.DataFrame(shown).astype(dict.fromkeys(FRACTIONS, float)).round(2)
    st.dataframe(table, hide_index=True, column_config=_columns())
    if not person.may_review:
        st.caption(_("Your own days; administrators see everybody's."))


def today() -> datetime:
    """The beginning of this day, by UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def goal_line(person: Person, kind: Kind) -> None:
    """How far the person is with today's goal, on a labelling page; nothing where they set none."""
    goal = services.store().team.goals.of(person.name, kind, today())
    if goal is None:
        return
    words = REACHED[kind] if goal.done >= goal.decisions else ON_THE_WAY[kind]
    st.caption(f":material/flag: {_(words, done=number_words(goal.done), goal=number_words(goal.decisions))}")


def _goals(person: Person) -> None:
    st.header(_("Your goals for a day"), anchor=False)
    with st.container(horizontal=True):
        for kind, name in GOALS.items():
            goal = services.store().team.goals.of(person.name, kind, today())
            st.number_input(
                _(name),
                0,
                MOST,
                goal.decisions if goal else 0,
                5,
                key=f"goal-{kind}",
                help=_("0: no goal. Counted is what you decide on a day, by UTC."),
                on_change=_set_goal,
                args=(person, kind),
                width=200,
            )


def _set_goal(person: Person, kind: Kind) -> None:
    wanted = int(st.session_state[f"goal-{kind}"])

    def keep() -> str:
        services.store().team.goals.set(person.name, kind, wanted)
        return _(SET[kind], goal=number_words(wanted)) if wanted else _(GIVEN_UP[kind])

    notices.attempt(keep)
