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

DAYS = 30
FRACTIONS = ("box_seconds", "triplet_seconds", "mean_iou", "triplet_agreement", "gold_right")
"""Columns that may have no value."""
NOUNS: dict[Kind, str] = {"box": "boxes", "triplet": "triplets"}


def _share(label: str, help: str) -> Any:
    return st.column_config.ProgressColumn(label, min_value=0.0, max_value=1.0, format="%.2f", help=help)


def _seconds(label: str) -> Any:
    return st.column_config.NumberColumn(label, format="%.1f", help="Median")


COLUMNS = {
    "day": st.column_config.DateColumn("Day", help="By UTC"),
    "person": "Person",
    "boxes": st.column_config.NumberColumn("Boxes", help="Decisions: boxes, no object, and answers to gold questions"),
    "triplets": st.column_config.NumberColumn("Triplets", help="Decisions: triplets, too close, and gold questions"),
    "box_seconds": _seconds("Seconds a box"),
    "triplet_seconds": _seconds("Seconds a triplet"),
    "mean_iou": _share("Overlap with others (IoU)", "On photos that two people were asked about"),
    "triplet_agreement": _share("Triplets judged alike", "Of those that two people judged"),
    "gold": st.column_config.NumberColumn("Gold", help="Answered questions whose answer is known"),
    "gold_right": _share("Gold right", "Share of these that were right: a box from IoU .8 on, a triplet as known"),
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
        st.info("Nobody has labelled yet whom you may see here. Begin with Boxes.", icon=":material/groups:")
        return
    st.header("Board", anchor=False)
    shown = [asdict(row) for row in mine if row.day >= days[-1]]
    table = pd.DataFrame(shown).astype(dict.fromkeys(FRACTIONS, float))
    st.dataframe(table, hide_index=True, column_config=COLUMNS)
    if not person.may_review:
        st.caption("Your own days; administrators see everybody's.")


def today() -> datetime:
    """The beginning of this day, by UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def goal_line(person: Person, kind: Kind) -> None:
    """How far the person is with today's goal, on a labelling page; nothing where they set none."""
    goal = services.store().team.goals.of(person.name, kind, today())
    if goal is None:
        return
    if goal.done >= goal.decisions:
        st.caption(f":material/flag: Today's goal is reached: {goal.done:,} of {goal.decisions:,} {NOUNS[kind]}.")
    else:
        st.caption(f":material/flag: Today: {goal.done:,} of {goal.decisions:,} {NOUNS[kind]}.")


def _goals(person: Person) -> None:
    st.header("Your goals for a day", anchor=False)
    with st.container(horizontal=True):
        for kind, noun in NOUNS.items():
            goal = services.store().team.goals.of(person.name, kind, today())
            st.number_input(
                noun.capitalize(),
                0,
                MOST,
                goal.decisions if goal else 0,
                5,
                key=f"goal-{kind}",
                help="0: no goal. Counted is what you decide on a day, by UTC.",
                on_change=_set_goal,
                args=(person, kind),
                width=200,
            )


def _set_goal(person: Person, kind: Kind) -> None:
    wanted = int(st.session_state[f"goal-{kind}"])

    def keep() -> str:
        services.store().team.goals.set(person.name, kind, wanted)
        return f"Your goal: {wanted:,} {NOUNS[kind]} a day." if wanted else f"No goal for {NOUNS[kind]} any more."

    notices.attempt(keep)
