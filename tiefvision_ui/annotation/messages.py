"""What the labelling pages say: errors, progress, that no photo is left, and that the person may not label."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.annotation import Claim
from tiefvision_assets.store.labels.history import Pace
from tiefvision_assets.store.labels.schema import Kind, Way
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation.session import LabellingPage, Task, bring_back_skipped, undo_last
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.states import show_error

UNDO_LAST: dict[Kind, str] = {"box": N_("Undo my last box"), "triplet": N_("Undo my last triplet")}


@contextmanager
def errors_shown(page: LabellingPage) -> Iterator[None]:
    """Show errors raised within as a sentence with a button to try again.

    A labelling page is a fragment, and exceptions of a fragment's rerun do not reach the handlers in ``app.py``.
    """
    try:
        yield
    except TiefVisionError as error:
        show_error(str(error))
        st.button(_("Try again"), icon=":material/refresh:", key=f"{page.kind}-try-again")
    except Exception:
        logging.getLogger(__name__).exception("The %s page failed", page.kind)
        show_error(_("Something went wrong on our side. Reload the page; the server's log holds the details."))


def box_progress(claim: Claim, total: int, pace: Pace) -> None:
    """How many of ``total`` photos are done, and the annotator's own count of boxes and speed."""
    share = claim.decided / total if total else 0.0
    words = counted("{done} of {n} photo done", "{done} of {n} photos done", total, done=number_words(claim.decided))
    st.progress(min(1.0, share), text=words)
    with st.container(horizontal=True):
        st.metric(counted("Your box", "Your boxes", pace.decisions), number_words(pace.decisions), border=True)
        typical = "–" if pace.median_seconds is None else _seconds(pace.median_seconds)
        st.metric(_("Time a box"), typical, border=True, help=_("The median of your last 200."))


def triplet_progress(claim: Claim, total: int, pace: Pace) -> None:
    """How many of ``total`` photos have triplets, and the annotator's own count and speed, in one line."""
    share = claim.decided / total if total else 0.0
    words = counted(
        "{done} of {n} photo have one", "{done} of {n} photos have one", total, done=number_words(claim.decided)
    )
    st.progress(min(1.0, share), text=f"{words} · {_own_triplets(pace)}")


def _own_triplets(pace: Pace) -> str:
    if pace.median_seconds is None:
        return counted("yours: {n} triplet", "yours: {n} triplets", pace.decisions)
    time = _seconds(pace.median_seconds)
    return counted("yours: {n} triplet, {time} each", "yours: {n} triplets, {time} each", pace.decisions, time=time)


def _seconds(seconds: float) -> str:
    return f"{number_words(seconds, 1)} s"


def paces(person: Person, ways: Mapping[Way, str]) -> None:
    """What a triplet takes this person in each of the ways that they have tried, so that they choose by it."""
    history = services.store().history
    found = {name: history.pace("triplet", person.name, way=way) for way, name in ways.items()}
    tried = {name: pace for name, pace in found.items() if pace.median_seconds is not None}
    if len(tried) > 1:
        words = [
            _(
                "{way}: {time} each ({n})",
                way=name,
                time=_seconds(pace.median_seconds or 0.0),
                n=number_words(pace.decisions),
            )
            for name, pace in tried.items()
        ]
        st.caption(" · ".join(words))


def nothing_left(page: LabellingPage, person: Person, task: Task) -> None:
    """Say why there is no photo to show, and offer what can be done instead."""
    with st.container(border=True, key=f"{page.kind}-nothing-left"):
        claim = task.claim
        if claim.skipped:
            st.header(_("Only skipped photos are left for you"), anchor=False)
            st.button(
                counted("Bring back {n} skipped photo", "Bring back {n} skipped photos", claim.skipped),
                icon=":material/replay:",
                key=f"{page.kind}-bring-back",
                on_click=bring_back_skipped,
                args=(page, person),
            )
        elif claim.in_other_hands:
            st.header(_("The last photos are in other hands"), anchor=False)
            words = counted(
                "Others look at {n} photo just now. Look again in a while.",
                "Others look at {n} photos just now. Look again in a while.",
                claim.in_other_hands,
            )
            st.markdown(words)
        else:
            st.header(_("Every photo is done"), anchor=False)
            st.markdown(_("The heads learn from new labels with the next run:"))
            st.code("tiefvision run", language=None, wrap_lines=True)
        with st.container(horizontal=True):
            st.button(_("Look again"), icon=":material/refresh:", key=f"{page.kind}-again")
            st.button(
                _(UNDO_LAST[page.kind]),
                icon=":material/undo:",
                key=f"{page.kind}-undo",
                disabled=not task.undoable,
                on_click=undo_last,
                args=(page, person),
            )


def may_not_label(person: Person) -> None:
    """Say why this person cannot label, and what to do about it."""
    if person.name:
        st.info(_("Your role lets you look, but not label. Ask an administrator."), icon=":material/lock:")
    else:
        words = _("Enter your name in the sidebar to begin: it stands beside each of your labels.")
        st.info(words, icon=":material/person:")
