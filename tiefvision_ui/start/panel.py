"""What a page shows before there is anything to search: three ways to begin, and how far the work is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.copying import apart, photos_below
from tiefvision_assets.store.raw.place import RawPhotos
from tiefvision_ui import services
from tiefvision_ui.access.people import current_person, reached_at
from tiefvision_ui.arrivals.panel import arrivals, how_far
from tiefvision_ui.language.formats import bytes_words, number_words
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.notices import attempt, show_notice
from tiefvision_ui.start.background import Background, Progress, named_folder
from tiefvision_ui.start.stages import stage_name
from tiefvision_ui.start.work import DEMO_PHOTOS
from tiefvision_ui.states import nothing_to_search, show_error
from tiefvision_ui.words import plain

FOLDER = "start-folder"
"""Key of the field for a folder's path."""
DOING = {
    "demo": N_("The demo is being made"),
    "folder": N_("Your photos are being added"),
    "run": N_("Photos are made searchable"),
}


@dataclass(frozen=True)
class FolderLook:
    """What is in a folder that somebody named."""

    folder: Path
    photos: int
    bytes: int
    passed_over: int
    stays: bool
    """Whether it is the raw folder itself, so that nothing is copied."""


def start() -> None:
    """Draw the panel; people who are not admins are told what an admin can do."""
    st.title(_("Welcome to TiefVision"), anchor=False)
    show_notice()
    background = Background(services.store().settings)
    if under_way := background.progress():
        _follow(background, under_way)
        return
    if problem := background.problem():
        show_error(_(problem))
    if current_person().is_admin:
        _ways(background)
    nothing_to_search()


def look_into(text: str) -> FolderLook:
    """What is in the folder of that path; raises `TiefVisionError` where it cannot be used."""
    if not text.strip():
        raise TiefVisionError(_("Type the path of the folder that holds your photos, such as /home/ann/photos."))
    named = named_folder(text)
    try:
        look = _look(named, services.store().raw)
    except OSError as error:
        words = _(
            "{folder} cannot be looked into ({reason}); check its path and its rights.",
            folder=named,
            reason=error.strerror or error,
        )
        raise TiefVisionError(words) from error
    if not look.photos:
        words = _(
            "There is no photo in {folder}; name the folder that holds them, or one above it.", folder=look.folder
        )
        raise TiefVisionError(words)
    return look


def _look(named: Path, raw: RawPhotos) -> FolderLook:
    folder = apart(named, raw)
    next(folder.iterdir(), None)  # a walk takes a folder that cannot be read for an empty one
    passed_over: Counter[str] = Counter()
    photos = total = 0
    for file in photos_below(folder, passed_over):
        photos += 1
        total += file.stat().st_size
    return FolderLook(folder, photos, total, sum(passed_over.values()), folder == raw.folder)


def _ways(background: Background) -> None:
    arrivals()
    waiting = _photos_waiting()
    if waiting:
        with st.container(border=True, key="start-run", gap="small"):
            st.header(_("Make your photos searchable"), anchor=False)
            words = _("There are photos that were not looked at yet. This finds the objects on them, and indexes them.")
            st.markdown(words)
            _button(background, _("Make them searchable"), ":material/play_arrow:", "run")
    with st.container(border=True, key="start-folder-way", gap="small"):
        st.header(_("Name a folder"), anchor=False)
        _folder(background)
    with st.container(border=True, key="start-demo", gap="small"):
        st.header(_("Try it with a demo"), anchor=False)
        _demo(background, waiting=waiting)


def _folder(background: Background) -> None:
    settings = services.store().settings
    if reached_at(settings) is not None:
        st.markdown(_("Folders of the server are named on the server itself, as others can reach this app:"))
        st.code("tiefvision ingest FOLDER && tiefvision run", language=None, wrap_lines=True)
        return
    text = st.text_input(_("Folder of photos on this machine"), placeholder="/home/ann/photos", key=FOLDER)
    if not text:
        words = _("Its photos are copied into {folder}; the folder itself stays as it is.", folder=settings.raw_place)
        st.caption(plain(words))
        return
    try:
        with st.spinner(_("Looking into the folder…")):
            look = look_into(text)
    except TiefVisionError as error:
        show_error(str(error))
        return
    photos = counted("{n} photo", "{n} photos", look.photos)
    found = [f"{photos}, {bytes_words(look.bytes)}."]
    if look.passed_over:
        found.append(counted("{n} other file passed over.", "{n} other files passed over.", look.passed_over))
    st.markdown(plain(" ".join(found)))
    if look.stays:
        st.caption(_("They lie in the raw folder already, and stay there."))
    else:
        st.caption(_("They are copied; yours stay."))
    _button(background, _("Add these photos"), ":material/check:", "folder", str(look.folder))


def _demo(background: Background, *, waiting: bool) -> None:
    if services.store().settings.raw_url:
        st.markdown(_("The demo needs a folder for its photos, and yours lie in object storage."))
        return
    if waiting:
        words = _("The demo needs an empty folder for photos; start the app with another `TIEFVISION_DATA` for it.")
        st.markdown(words)
        return
    words = _(
        "{photos} generated photos of dresses with labels: models learn from them, and everything in the app can be "
        "tried. It takes some minutes; you may leave this page meanwhile.",
        photos=number_words(DEMO_PHOTOS),
    )
    st.markdown(words)
    _button(background, _("Make the demo"), ":material/auto_awesome:", "demo")


def _button(background: Background, label: str, icon: str, *work: str) -> None:
    st.button(label, icon=icon, key=f"start-{work[0]}-button", on_click=attempt, args=(lambda: _started(*work),))


def _started(*work: str) -> str:
    settings = services.store().settings
    if not current_person().is_admin or (work[0] == "folder" and reached_at(settings) is not None):
        raise TiefVisionError(_("This is for admins, and folders for those at the server itself."))
    if work[0] == "folder":
        look_into(work[1])
    try:
        is_new = Background(settings).start(*work)  # type: ignore[arg-type]
    except OSError as error:
        reason = f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
        words = _("It cannot be started ({reason}); check the disk and the rights there.", reason=reason)
        raise TiefVisionError(words) from error
    return _("It has been started.") if is_new else _("Something is under way already.")


def _photos_waiting() -> bool:
    store = services.store()
    if len(store.catalogue.live()):
        return True
    folder = store.raw.folder
    return folder is not None and next(photos_below(folder, Counter()), None) is not None


def _follow(background: Background, before: Progress) -> None:
    """How far the work is, looked up every second; the page is drawn anew when it is over."""

    @st.fragment(run_every=1.0)
    def follow() -> None:
        current = background.progress()
        if current is None:
            st.rerun()
        st.progress(current.share, plain(how_far(stage_name(current.doing), current.done, current.total)))
        if current.said:
            st.caption(plain(current.said))

    with st.container(border=True, key="start-under-way", gap="small"):
        st.header(_(DOING[before.what]), anchor=False)
        st.markdown(_("You may reload or leave this page; the work goes on, and the gallery opens when it is done."))
        follow()
        if current_person().is_admin:
            stop = _("What was made is kept; begin again, and it goes on from there.")
            st.button(_("Stop"), icon=":material/stop:", key="start-stop", help=stop, on_click=background.stop)
