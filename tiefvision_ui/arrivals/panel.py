"""Where photos and labels are dropped; then the report about them, the choice, and what came of it.

The address names what was dropped, so that a reloaded page, or another tab, shows the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.staged import (
    MAX_BYTES,
    Dropped,
    look_at_photos,
    name_of,
    outcome_of,
    photos_of,
    stage_files,
)
from tiefvision_assets.store.archives import SUFFIX
from tiefvision_assets.store.labels.recognition import LABEL_SUFFIXES
from tiefvision_assets.store.photos import PHOTO_SUFFIXES
from tiefvision_assets.store.staging import KEPT_S, Stage, Staging
from tiefvision_ui import services
from tiefvision_ui.access.people import current_person
from tiefvision_ui.arrivals import report
from tiefvision_ui.arrivals.jobs import JOBS, Job
from tiefvision_ui.config import MAX_ARCHIVE_MB
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.states import show_error
from tiefvision_ui.words import plain

DROPPED = "dropped"
"""Query parameter: the id of what was dropped."""
_ROUND, _PROBLEM = "arrivals-round", "arrivals-problem"
FILES, FOLDER = N_("Files or an archive"), N_("A folder")


def arrivals() -> None:
    """Draw the panel; nothing for people who are not admins."""
    if not current_person().is_admin:
        return
    staging = Staging(services.store().layout.arrivals)
    wanted = st.query_params.get(DROPPED, "")
    stage = staging.get(wanted)
    with st.container(border=True, key="arrivals", gap="small"):
        st.header(_("Add photos or labels"), anchor=False)
        if problem := st.session_state.get(_PROBLEM):
            show_error(_(problem))
        if stage is None:
            if wanted:
                words = _(
                    "What was dropped is not here any more: what is not taken within {minutes} minutes is removed. "
                    "Drop it again.",
                    minutes=number_words(KEPT_S / 60),
                )
                st.info(words, icon=":material/schedule:")
            _place_to_drop(staging)
        else:
            _staged(stage)


def _place_to_drop(staging: Staging) -> None:
    kind = st.segmented_control(
        _("What"), [FILES, FOLDER], default=FILES, required=True, format_func=_, label_visibility="collapsed"
    )
    round_ = st.session_state.setdefault(_ROUND, 0)  # another key empties the widget, and Streamlit's memory
    suffixes = [suffix.removeprefix(".") for suffix in sorted(PHOTO_SUFFIXES | LABEL_SUFFIXES)]
    key = f"arrivals-{'folder' if kind == FOLDER else 'files'}-{round_}"
    if kind == FOLDER:
        given = st.file_uploader(
            _("A folder of photos, of labels, or of both"),
            accept_multiple_files="directory",
            type=suffixes,
            max_upload_size=MAX_ARCHIVE_MB,
            key=key,
        )
    else:
        given = st.file_uploader(
            _("Photos, labels, or a zip archive of them"),
            accept_multiple_files=True,
            type=[*suffixes, SUFFIX.removeprefix(".")],
            max_upload_size=MAX_ARCHIVE_MB,
            key=key,
        )
    words = _(
        "Nothing is stored before you have seen the report and confirmed. Up to {size} MiB at a time; beyond that, "
        "`tiefvision ingest` takes folders and archives of any size.",
        size=number_words(MAX_BYTES // 2**20),
    )
    st.caption(words)
    if given:
        _receive(staging, given, is_folder=kind == FOLDER)


def _receive(staging: Staging, given: Sequence[UploadedFile], *, is_folder: bool) -> None:
    st.session_state.pop(_PROBLEM, None)
    try:
        with st.spinner(_("Unpacking …")):
            stage = stage_files(staging, [Dropped(file.name, file.getbuffer()) for file in given], is_folder=is_folder)
    except TiefVisionError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.query_params[DROPPED] = stage.id
    _forget(given)
    st.session_state[_ROUND] += 1
    st.rerun()


def _forget(given: Sequence[UploadedFile]) -> None:
    """Give the files' memory back; Streamlit would hold them until the browser's tab is closed."""
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in given:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def _staged(stage: Stage) -> None:
    job = JOBS.running(stage.id)
    if job is None and outcome_of(stage) is None and photos_of(stage) is None and not JOBS.problem(stage.id):
        store = services.store()
        JOBS.start(stage.id, N_("Looking at the files"), lambda progress: look_at_photos(store, stage, progress))
        job = JOBS.running(stage.id)
    if job is not None:
        _under_way(stage, job)
        return
    if problem := JOBS.problem(stage.id):
        show_error(_(problem))
    if outcome := outcome_of(stage):
        report.outcome(outcome)
        st.button(_("Add more"), key="arrivals-more", icon=":material/add:", on_click=_leave, args=(stage, False))
        return
    found = photos_of(stage)
    if found is not None:
        report.look(stage, found, lambda: _cancel(stage))
    else:
        _cancel(stage)


def _cancel(stage: Stage) -> None:
    st.button(
        _("Cancel"),
        key="arrivals-cancel",
        help=_("Removes the files from the server; nothing of them is kept."),
        on_click=_leave,
        args=(stage, True),
    )


def _under_way(stage: Stage, job: Job) -> None:
    """How far the work is, looked up every second; the whole page is drawn anew when it is done."""

    @st.fragment(run_every=1.0)
    def follow() -> None:
        current = JOBS.running(stage.id)
        if current is None:
            st.rerun()
        else:
            st.progress(current.share, plain(how_far(_(current.doing), current.done, current.total)))

    st.caption(plain(name_of(stage)))
    follow()


def how_far(doing: str, done: int, total: int) -> str:
    """What is being done, in the reader's language, and how far it is; ``total`` is 0 where nobody knows."""
    if not total:
        return f"{doing}: …"
    return _("{doing}: {done} of {total}", doing=doing, done=number_words(done), total=number_words(total))


def _leave(stage: Stage, remove: bool) -> None:
    if remove and JOBS.running(stage.id) is None:
        with stage.held() as mine:
            if mine:
                stage.remove()
    JOBS.forget(stage.id)
    st.query_params.pop(DROPPED, None)
