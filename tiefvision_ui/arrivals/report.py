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
from tiefvision_ui.language.formats import list_words, number_words
from tiefvision_ui.language.texts import N_, _, counted, current_locale, speaking
from tiefvision_ui.operations.run_board import asked_for, start_scan
from tiefvision_ui.operations.runs import DagsterRuns
from tiefvision_ui.words import plain

SHOWN = 200
NOTHING_TO_SCAN = N_(
    "Nothing has to be scanned; new labels are learned from by Dagster's daemon, or by `tiefvision run`."
)


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
        text = _("There is neither a photo in it nor a label file that is read.")
        if why := why_not(stage.files):
            text = _("There is neither a photo in it nor a label file that is read ({reason}).", reason=why)
        st.warning(plain(text), icon=":material/search_off:")
    _passed_over(photos["passed_over"])
    what = _what(photos, labels)
    with st.container(horizontal=True):
        st.button(
            _("Add {what}", what=what) if what else _("Nothing to add"),
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
    photos = document["photos"]
    parts = [counted("{n} file copied into the raw folder", "{n} files copied into the raw folder", photos)]
    if labels and "refused" not in labels:
        new, known = labels["imported"], number_words(labels["unchanged"])
        parts.append(
            counted(
                "{n} label imported, {known} were there already",
                "{n} labels imported, {known} were there already",
                new,
                known=known,
            )
        )
        if labels["proposals"]:
            parts.append(counted("{n} proposal kept", "{n} proposals kept", labels["proposals"]))
    st.success(plain(f"{'; '.join(parts)}."), icon=":material/check_circle:")
    if labels and "refused" in labels:
        st.error(plain(labels["refused"]), icon=":material/error:")
    elif labels:
        _rest(labels)
    st.info(plain(document["next"] or _(NOTHING_TO_SCAN)), icon=":material/arrow_forward:")


def _photos(photos: Mapping[str, Any]) -> None:
    numbers = {
        _("New photos"): photos["new"],
        _("Twins"): photos["twins"],
        _("There already"): photos["unchanged"],
        _("Replaced"): len(photos["replaced"]),
        _("Unreadable"): len(photos["unreadable"]),
    }
    with st.container(horizontal=True, key="arrivals-photos"):
        for name, count in numbers.items():
            st.metric(name, number_words(count), border=True)
    if photos["replaced"]:
        words = counted(
            "{n} photo of that name with another content in the raw folder would be replaced; rename yours if that is "
            "not meant.",
            "{n} photos of that name with another content in the raw folder would be replaced; rename yours if that "
            "is not meant.",
            len(photos["replaced"]),
        )
        st.warning(words, icon=":material/warning:")
        _table(pd.DataFrame({_("Replaced"): photos["replaced"]}))
    if photos["unreadable"]:
        st.caption(_("Unreadable files are copied too, and come into quarantine; the next scan looks again."))
        _table(pd.DataFrame(photos["unreadable"]).rename(columns={"path": _("File"), "reason": _("Reason")}))


def _labels(labels: LabelLook) -> None:
    st.markdown(_("Labels, read as `{format}`", format=labels.file_format.value))
    if labels.document is None:
        st.error(plain(labels.refusal), icon=":material/error:")
        return
    document = labels.document
    new = number_words(document["imported"])
    words = counted(
        "{n} sound label, {new} of them new.", "{n} sound labels, {new} of them new.", document["labels"], new=new
    )
    st.markdown(plain(words))
    _rest(document)


def _rest(document: Mapping[str, Any]) -> None:
    problems, guesses = document["problems"], document["guesses"]
    if problems:
        words = counted("{n} problem in the labels.", "{n} problems in the labels.", len(problems))
        st.warning(words, icon=":material/warning:")
        names = {"place": _("Where"), "reason": _("Why"), "way_out": _("What to do")}
        _table(pd.DataFrame(problems).rename(columns=names))
    if guesses:
        with st.expander(counted("{n} photo guessed by name", "{n} photos guessed by name", len(guesses))):
            names = {"name": _("In the file"), "photo": _("Photo"), "rule": _("Guessed by")}
            _table(pd.DataFrame(guesses).rename(columns=names))
    _passed_over(document["passed_over"])
    for note in document["notes"]:
        st.caption(plain(note))


def _passed_over(counts: Mapping[str, int]) -> None:
    for reason, count in counts.items():
        st.caption(plain(_("Passed over: {number} {reason}.", number=number_words(count), reason=reason)))


def _table(rows: pd.DataFrame) -> None:
    st.dataframe(rows.head(SHOWN), hide_index=True, width="stretch")
    if len(rows) > SHOWN:
        st.caption(_("The first {shown} of {total}.", shown=number_words(SHOWN), total=number_words(len(rows))))


def _what(photos: Mapping[str, Any], labels: LabelLook | None) -> str:
    """What the button would take, in words; empty for nothing."""
    document = labels.document if labels and labels.document else {"labels": 0, "proposals": 0}
    parts = [counted("{n} file", "{n} files", photos["to_copy"])] if photos["to_copy"] else []
    if document["labels"]:
        parts.append(counted("{n} label", "{n} labels", document["labels"]))
    if document["proposals"]:
        parts.append(counted("{n} proposal", "{n} proposals", document["proposals"]))
    return list_words(parts)


def _confirmed(stage: Stage, stated: LabelFormat | None, choices: Choices) -> None:
    if not current_person().is_admin:
        return
    store = services.store()
    tags, locale = asked_for(), current_locale()
    dagster = DagsterRuns(store.settings.dagster_url)

    def work(progress: Callable[[int, int], None]) -> None:
        with speaking(locale):
            take(store, stage, stated, choices, progress, lambda: _scanned(dagster, tags))

    JOBS.start(stage.id, N_("Taking the files"), work)


def _scanned(dagster: DagsterRuns, tags: Mapping[str, str]) -> str:
    """Let Dagster look at the raw folder; what happens next, in words."""
    try:
        start_scan(dagster, tags)
    except TiefVisionError as error:
        return _(
            "{problem} Or run `tiefvision run`, which finds the photos and makes everything that they need.",
            problem=error,
        )
    return _(
        "A scan of the raw folder has been started; see the runs on Operations. What the photos need is made next by "
        "Dagster's daemon, or by `tiefvision run`."
    )
