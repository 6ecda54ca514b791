"""The report about what was dropped, the button that takes it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.staged import LabelLook, look_at_labels, name_of, take
from tiefvision_assets.store.labels.choices import Choices
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.recognition import may_hold_labels, why_not
from tiefvision_assets.store.staging import Stage
from tiefvision_ui import services
from tiefvision_ui.access.people import current_person
from tiefvision_ui.arrivals.jobs import JOBS
from tiefvision_ui.arrivals.label_choices import chosen, offer
from tiefvision_ui.operations.run_board import asked_for, start_scan
from tiefvision_ui.operations.runs import DagsterRuns
from tiefvision_ui.words import counted, plain

SHOWN = 200
NOTHING_TO_SCAN = "Nothing has to be scanned; new labels are learned from by Dagster's daemon, or by `tiefvision run`."


def look(stage: Stage, photos: Mapping[str, Any], cancel: Callable[[], None]) -> None:
    """What would become of the photos and labels, the button that takes them, and what ``cancel`` draws beside it."""
    st.markdown(f"**{plain(name_of(stage))}**")
    some_photos = bool(photos["to_copy"] or photos["unchanged"])
    above = st.container()
    place = st.container()
    stated, choices = chosen(stage)
    labels = look_at_labels(services.store(), stage, stated, choices)
    if may_hold_labels(stage.files):
        with place:
            offer(stage, labels)
    if some_photos:
        with above:
            _photos(photos)
    if labels is not None:
        _labels(labels)
    elif not some_photos:
        why = why_not(stage.files)
        text = f"There is neither a photo in it nor a label file that is read{f' ({why})' if why else ''}."
        st.warning(plain(text), icon=":material/search_off:")
    for reason, count in photos["passed_over"].items():
        st.caption(plain(f"Passed over: {count:,} {reason}."))
    what = _what(photos, labels)
    with st.container(horizontal=True):
        st.button(
            f"Add {what}" if what else "Nothing to add",
            key="arrivals-take",
            type="primary",
            icon=":material/check:",
            disabled=not what,
            on_click=_confirmed,
            args=(stage, stated, choices),
        )
        cancel()


def outcome(document: Mapping[str, Any]) -> None:
    """What was taken, and what happens next."""
    st.markdown(f"**{plain(document['name'])}**")
    labels = document["labels"]
    parts = [counted(document["photos"], "file") + " copied into the raw folder"]
    if labels and "refused" not in labels:
        parts.append(f"{counted(labels['imported'], 'label')} imported, {labels['unchanged']:,} were there already")
        parts += [f"{counted(labels['proposals'], 'proposal')} kept"] if labels["proposals"] else []
    st.success(plain(f"{'; '.join(parts)}."), icon=":material/check_circle:")
    if labels and "refused" in labels:
        st.error(plain(labels["refused"]), icon=":material/error:")
    elif labels:
        _rest(labels)
    st.info(plain(document["next"] or NOTHING_TO_SCAN), icon=":material/arrow_forward:")


def _photos(photos: Mapping[str, Any]) -> None:
    numbers = {
        "New photos": photos["new"],
        "Twins": photos["twins"],
        "There already": photos["unchanged"],
        "Replaced": len(photos["replaced"]),
        "Unreadable": len(photos["unreadable"]),
    }
    with st.container(horizontal=True, key="arrivals-photos"):
        for name, number in numbers.items():
            st.metric(name, f"{number:,}", border=True)
    if photos["replaced"]:
        st.warning(
            f"{counted(len(photos['replaced']), 'photo')} of that name with another content "
            "in the raw folder would be replaced; rename yours if that is not meant.",
            icon=":material/warning:",
        )
        _table(pd.DataFrame({"Replaced": photos["replaced"]}))
    if photos["unreadable"]:
        st.caption("Unreadable files are copied too, and come into quarantine; the next scan looks again.")
        _table(pd.DataFrame(photos["unreadable"]).rename(columns={"path": "File", "reason": "Reason"}))


def _labels(labels: LabelLook) -> None:
    st.markdown(f"Labels, read as `{labels.file_format.value}`")
    if labels.document is None:
        st.error(plain(labels.refusal), icon=":material/error:")
        return
    document = labels.document
    new = document["imported"]
    st.markdown(plain(f"{counted(document['labels'], 'sound label')}, {new:,} of them new."))
    _rest(document)


def _rest(document: Mapping[str, Any]) -> None:
    problems, guesses = document["problems"], document["guesses"]
    if problems:
        st.warning(f"{counted(len(problems), 'problem')} in the labels.", icon=":material/warning:")
        names = {"place": "Where", "reason": "Why", "way_out": "What to do"}
        _table(pd.DataFrame(problems).rename(columns=names))
    if guesses:
        with st.expander(f"{counted(len(guesses), 'photo')} guessed by name"):
            _table(pd.DataFrame(guesses).rename(columns={"name": "In the file", "photo": "Photo", "rule": "By"}))
    for reason, count in document["passed_over"].items():
        st.caption(plain(f"Passed over: {count:,} {reason}."))
    for note in document["notes"]:
        st.caption(plain(note))


def _table(rows: pd.DataFrame) -> None:
    st.dataframe(rows.head(SHOWN), hide_index=True, width="stretch")
    if len(rows) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(rows):,}.")


def _what(photos: Mapping[str, Any], labels: LabelLook | None) -> str:
    """What the button would take, in words; empty for nothing."""
    parts = [counted(photos["to_copy"], "file")] if photos["to_copy"] else []
    document = labels.document if labels and labels.document else {"labels": 0, "proposals": 0}
    parts += [counted(document[f"{noun}s"], noun) for noun in ("label", "proposal") if document[f"{noun}s"]]
    return " and ".join(parts)


def _confirmed(stage: Stage, stated: LabelFormat | None, choices: Choices) -> None:
    if not current_person().is_admin:
        return
    store = services.store()
    tags = asked_for()
    dagster = DagsterRuns(store.settings.dagster_url)

    def work(progress: Callable[[int, int], None]) -> None:
        take(store, stage, stated, choices, progress, lambda: _scanned(dagster, tags))

    JOBS.start(stage.id, "Taking the files", work)


def _scanned(dagster: DagsterRuns, tags: Mapping[str, str]) -> str:
    """Let Dagster look at the raw folder; what happens next, in words."""
    try:
        start_scan(dagster, tags)
    except TiefVisionError as error:
        return f"{error} Or run `tiefvision run`, which finds the photos and makes everything that they need."
    return (
        "A scan of the raw folder has been started; see the runs on Operations. What the photos need is made next by "
        "Dagster's daemon, or by `tiefvision run`."
    )
