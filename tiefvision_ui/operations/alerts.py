"""What needs somebody: steps that failed, each with what to do about it, and candidates that wait for a decision."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.versions import candidates_of
from tiefvision_assets.planning.status import alert_of
from tiefvision_assets.planning.steps import Step
from tiefvision_ui import services
from tiefvision_ui.language.formats import date_words
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.operations.runs import DagsterRuns
from tiefvision_ui.words import plain

ADVICE = (
    (
        ("no space left",),
        N_("Make room: `tiefvision gc --apply` removes what nothing refers to. Then run `tiefvision run`."),
    ),
    (("is gone", "not mounted"), N_("See that the folder or disk is there again; the next run then goes on.")),
    (
        ("ended unexpectedly", "memoryerror", "out of memory", "sigkill"),
        N_(
            "Its process was killed, perhaps for want of memory: close what else runs, or lower "
            "TIEFVISION_PARALLEL_RUNS."
        ),
    ),
    (
        ("cannot be reached", "does not answer", "connection", "timed out"),
        N_("See that the other machine answers; then wait."),
    ),
    (("permission denied", "read-only"), N_("Let this user write to the data folder; then run `tiefvision run`.")),
)
OTHERWISE = N_("Read its log in Dagster, mend the cause, then run `tiefvision run`, which tries everything once more.")


def advice_on(reason: str) -> str:
    """What to do about a failure with that reason, in the reader's language."""
    folded = reason.casefold()
    return _(next((advice for words, advice in ADVICE if any(word in folded for word in words)), OTHERWISE))


def alerts(steps: Sequence[Step]) -> None:
    """Draw them, if there are any."""
    failing = [(step, alert) for step in steps if (alert := alert_of(step))]
    waiting = _waiting()
    if not failing and not waiting:
        return
    st.header(_("Alerts"), anchor=False)
    failed, waits = _("Failed"), _("Waits")
    dagster = DagsterRuns(services.store().settings.dagster_url)
    for step, alert in failing:
        with st.container(border=True, gap="xxsmall"):
            st.markdown(f":red-badge[:material/error: {failed}] {plain(alert['said'])}")
            st.markdown(_("**What to do:** {advice}", advice=advice_on(alert["reason"])))
            links = ", ".join(f"[{plain(name)}]({dagster.asset_link(name)})" for name in step.assets)
            failed_at = date_words(alert["failed_at"])
            st.caption(_("In Dagster: {links}; last failed {moment}.", links=links, moment=failed_at))
    for said in waiting:
        with st.container(border=True, gap="xxsmall"):
            st.markdown(f":orange-badge[:material/hourglass_top: {waits}] {plain(said)}.")
            words = _("look at what it changes on [What moves](/moves), then promote or reject it there.")
            st.markdown(_("**What to do:** {advice}", advice=words))


def _waiting() -> list[str]:
    try:
        return [
            f"{one.said[:1].upper()}{one.said[1:]}" for one in candidates_of(services.store()) if one.state == "waits"
        ]
    except TiefVisionError:
        return []  # the plan says what is damaged
