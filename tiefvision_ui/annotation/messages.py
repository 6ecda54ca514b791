"""What the labelling pages say: errors, progress, that no photo is left, and that the person may not label."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.annotation import Claim
from tiefvision_assets.store.labels.history import Pace
from tiefvision_assets.store.labels.schema import Way
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation.session import LabellingPage, Task, bring_back_skipped, undo_last
from tiefvision_ui.states import show_error
from tiefvision_ui.words import counted


@contextmanager
def errors_shown(page: LabellingPage) -> Iterator[None]:
    """Show errors raised within as a sentence with a button to try again.

    A labelling page is a fragment, and exceptions of a fragment's rerun do not reach the handlers in ``app.py``.
    """
    try:
        yield
    except TiefVisionError as error:
        show_error(str(error))
        st.button("Try again", icon=":material/refresh:", key=f"{page.kind}-try-again")
    except Exception:
        logging.getLogger(__name__).exception("The %s page failed", page.kind)
        show_error("Something went wrong on our side. Reload the page; the server's log holds the details.")


def progress(claim: Claim, total: int, noun: str, pace: Pace) -> None:
    """How many of ``total`` photos are done, and the annotator's own count and speed.

    ``noun`` is what the annotator makes, in the singular.
    """
    share = claim.decided / total if total else 0.0
    st.progress(min(1.0, share), text=f"{claim.decided:,} of {counted(total, 'photo')} done")
    with st.container(horizontal=True):
        st.metric(f"Your {noun if pace.decisions == 1 else _plural(noun)}", f"{pace.decisions:,}", border=True)
        typical = "–" if pace.median_seconds is None else f"{pace.median_seconds:.1f} s"
        st.metric(f"Time a {noun}", typical, border=True, help="The median of your last 200.")


def progress_line(claim: Claim, total: int, noun: str, pace: Pace) -> None:
    """The same as `progress`, in one line."""
    share = claim.decided / total if total else 0.0
    typical = "" if pace.median_seconds is None else f", {pace.median_seconds:.1f} s each"
    own = f"yours: {counted(pace.decisions, noun)}{typical}"
    st.progress(min(1.0, share), text=f"{claim.decided:,} of {counted(total, 'photo')} have one · {own}")


def paces(person: Person, ways: Mapping[Way, str]) -> None:
    """What a triplet takes this person in each of the ways that they have tried, so that they choose by it."""
    history = services.store().history
    found = {name: history.pace("triplet", person.name, way=way) for way, name in ways.items()}
    tried = {name: pace for name, pace in found.items() if pace.median_seconds is not None}
    if len(tried) > 1:
        words = [f"{name}: {pace.median_seconds:.1f} s each ({pace.decisions:,})" for name, pace in tried.items()]
        st.caption(" · ".join(words))


def nothing_left(page: LabellingPage, person: Person, task: Task, *, noun: str) -> None:
    """Say why there is no photo to show, and offer what can be done instead."""
    with st.container(border=True, key=f"{page.kind}-nothing-left"):
        claim = task.claim
        if claim.skipped:
            st.header("Only skipped photos are left for you", anchor=False)
            st.button(
                f"Bring back {counted(claim.skipped, 'skipped photo')}",
                icon=":material/replay:",
                key=f"{page.kind}-bring-back",
                on_click=bring_back_skipped,
                args=(page, person),
            )
        elif claim.in_other_hands:
            st.header("The last photos are in other hands", anchor=False)
            st.markdown(f"Others look at {counted(claim.in_other_hands, 'photo')} just now. Look again in a while.")
        else:
            st.header("Every photo is done", anchor=False)
            st.markdown("The heads learn from new labels with the next run:")
            st.code("tiefvision run", language=None)
        with st.container(horizontal=True):
            st.button("Look again", icon=":material/refresh:", key=f"{page.kind}-again")
            st.button(
                f"Undo my last {noun}",
                icon=":material/undo:",
                key=f"{page.kind}-undo",
                disabled=not task.undoable,
                on_click=undo_last,
                args=(page, person),
            )


def may_not_label(person: Person) -> None:
    """Say why this person cannot label, and what to do about it."""
    if person.name:
        st.info("Your role lets you look, but not label. Ask an administrator.", icon=":material/lock:")
    else:
        st.info(
            "Enter your name in the sidebar to begin: it stands beside each of your labels.", icon=":material/person:"
        )


def _plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith("x") else f"{noun}s"
