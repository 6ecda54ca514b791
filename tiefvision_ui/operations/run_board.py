"""Shows Dagster's newest runs and their progress, and the buttons that start a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.orchestration.automation import LAUNCHED_BY, STARTED_BY
from tiefvision_assets.orchestration.stretches import REASON, partition_ranges
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.training import TRAIN_HEADS, TRAIN_RANKING
from tiefvision_ui import services
from tiefvision_ui.access.people import current_person
from tiefvision_ui.language.formats import ago_words
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.operations.runs import DagsterRuns, Run
from tiefvision_ui.words import plain

SHOWN = 5
POLL_S = 2.0
SCAN, MATERIALISE = "scan_catalogue", "materialise"
ENCODING = {"encoder", "extracted_boxes", "embedding_basis", "object_encodings", "similarity_index"}
"""The assets that *Re-encode now* brings up to date."""
Colour = Literal["green", "red", "gray", "blue"]
STATES: dict[str, tuple[str, Colour, str]] = {
    "SUCCESS": (N_("Done"), "green", ":material/check:"),
    "FAILURE": (N_("Failed"), "red", ":material/error:"),
    "CANCELED": (N_("Cancelled"), "gray", ":material/block:"),
    "STARTED": (N_("Running"), "blue", ":material/play_arrow:"),
    "QUEUED": (N_("Queued"), "blue", ":material/hourglass_top:"),
    "STARTING": (N_("Starting"), "blue", ":material/hourglass_top:"),
    "NOT_STARTED": (N_("Not started"), "blue", ":material/hourglass_top:"),
    "CANCELING": (N_("Being cancelled"), "blue", ":material/hourglass_top:"),
}
_FOLLOWED, _MESSAGE = "runs-followed", "runs-message"


def run_board(*, boxes: int, triplets: int) -> None:
    """Draw the newest runs and the buttons, anew every `POLL_S` seconds while a run is unfinished."""
    st.header(_("Runs"), anchor=False)
    every = POLL_S if st.session_state.get(_FOLLOWED) else None
    st.fragment(_board, run_every=every)(boxes, triplets)


def _board(boxes: int, triplets: int) -> None:
    dagster = DagsterRuns(services.store().settings.dagster_url)
    try:
        newest = dagster.newest(SHOWN)
    except TiefVisionError as error:
        st.session_state.pop(_FOLLOWED, None)
        st.warning(plain(str(error)), icon=":material/power_off:")
        _buttons(dagster, boxes, triplets, able=False)
        st.button(_("Look again"), icon=":material/refresh:", type="tertiary")
        return
    busy = any(run.unfinished for run in newest)
    _buttons(dagster, boxes, triplets, able=not busy)
    if busy:
        st.caption(_("A run is under way; these can be pressed again when it has ended."))
    if message := st.session_state.get(_MESSAGE):
        failed, sentence = message
        (st.error if failed else st.info)(plain(sentence))
    for run in newest:
        _row(run, dagster.link(run.run_id))
    if not newest:
        st.caption(_("Nothing has run yet."))
    if busy != bool(st.session_state.get(_FOLLOWED)):
        # Start or stop polling; when a run has ended, this also lets the page show what it changed.
        st.session_state[_FOLLOWED] = busy
        st.rerun()


def _buttons(dagster: DagsterRuns, boxes: int, triplets: int, *, able: bool) -> None:
    with st.container(horizontal=True, key="run-buttons"):
        purpose = _("Look for new photos.")
        _button(N_("Scan now"), ":material/folder_open:", able, lambda: start_scan(dagster, asked_for()), purpose)
        purpose = _("Encode what is not encoded with its present box and model.")
        _button(N_("Re-encode now"), ":material/memory:", able, lambda: _encode(dagster), purpose)
        learnable = boxes + triplets > 0
        purpose = _("Train on all labels now; the result is served only if it is better.")
        _button(
            N_("Retrain"),
            ":material/model_training:",
            able and learnable,
            lambda: _retrain(dagster, boxes, triplets),
            purpose,
        )
    if not learnable:
        st.caption(_("There is nothing to learn from yet: draw boxes or choose triplets first."))


def _button(label: str, icon: str, able: bool, start: Callable[[], str | None], purpose: str) -> None:
    # With a key Streamlit takes the enabled and the disabled button for the same one, and never shows both at once.
    st.button(_(label), key=label, icon=icon, disabled=not able, help=purpose, on_click=_started, args=(start,))


def _started(start: Callable[[], str | None]) -> None:
    """Run ``start`` in a button's callback, and keep its sentence, or its error's, for the board to show."""
    st.session_state.pop(_MESSAGE, None)
    try:
        sentence = start()
    except TiefVisionError as error:
        st.session_state[_MESSAGE] = (True, str(error))
        return
    if sentence:
        st.session_state[_MESSAGE] = (False, sentence)


def start_scan(dagster: DagsterRuns, tags: Mapping[str, str]) -> None:
    """Let Dagster look for new photos."""
    dagster.launch(SCAN, tags=tags)


def _retrain(dagster: DagsterRuns, boxes: int, triplets: int) -> None:
    assets: list[str] = []
    if boxes:
        assets += ["box_labels", *TRAIN_HEADS]
    if triplets:
        assets += ["triplet_labels", *TRAIN_RANKING]
    dagster.launch(MATERIALISE, assets, asked_for())


def _encode(dagster: DagsterRuns) -> str | None:
    store = services.store()
    step = next((step for step in plan(store) if ENCODING.issuperset(step.assets)), None)
    if step is None:
        return _("Every photo is encoded with its present box and model; there is nothing to do.")
    for ranges in partition_ranges(step.batches, store.catalogue.batch_keys())[:1] or [{}]:
        dagster.launch(MATERIALISE, step.assets, ranges | asked_for())
    return None


def asked_for() -> dict[str, str]:
    """The tags of a run that this page's person starts."""
    name = current_person().name or "somebody"
    return {REASON: f"{name} asked for it in the app", STARTED_BY: "app", LAUNCHED_BY: name}


def _row(run: Run, link: str) -> None:
    waiting: tuple[str, Colour, str] = (run.status.capitalize(), "blue", ":material/hourglass_top:")
    word, colour, icon = STATES.get(run.status, waiting)
    what = _("Scan") if run.job == SCAN else _what(run.assets)
    steps = [counted("{n} step done", "{n} steps done", run.steps_done)] if run.unfinished else []
    reason = [run.tags[REASON]] if REASON in run.tags else []
    told = " · ".join([ago_words(run.created, datetime.now(UTC)), *steps, *reason])
    badge = f":{colour}-badge[{icon} {_(word)}]"
    st.markdown(f"{badge} [{plain(what)}]({link}) :small[:gray[{plain(told)}]]")


def _what(assets: tuple[str, ...]) -> str:
    if not assets:
        return _("Everything")
    first = ", ".join(assets[:2])
    others = len(assets) - 2
    return counted("{first} and {n} more", "{first} and {n} more", others, first=first) if others > 0 else first
