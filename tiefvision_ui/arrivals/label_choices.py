"""What people may choose about labels that were dropped: the options of ``tiefvision labels import``, in its words.

A choice counts at once: the report is made anew by it, so it is read before it is drawn again.
"""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.lineage.staged import LabelLook
from tiefvision_assets.store.labels.choices import SAID, Choices, Coordinates, Pick
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.name_map import read_name_map
from tiefvision_assets.store.labels.problems import LabelFileError
from tiefvision_assets.store.staging import Stage
from tiefvision_ui.access.people import current_person
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.words import plain

RECOGNISED, AS_USUAL = "recognised", "as usual"
PICKS = {
    Pick.error: N_("Ask: report such photos"),
    Pick.largest: N_("The largest"),
    Pick.first: N_("The file's first"),
}
NUMBERS = {
    AS_USUAL: N_("As the format has them"),
    Coordinates.pixels: N_("Pixels"),
    Coordinates.normalised: N_("Shares, 0 to 1"),
}
HELP = (
    N_("What the labels are in; recognised by its content unless given."),
    N_("Only objects of this category; may be given several times."),
    N_("Which of several objects on one photo."),
    N_("Folder that the file's paths start with, or lie in below RAW."),
    N_("Leading folders of the file's paths to leave out."),
    N_("CSV with a name of the file and the photo's path in RAW in each row."),
    N_("What the numbers of a COCO file or a table of boxes are; pixels unless stated."),
)
"""The values of `SAID`, here to be in the message files."""
_WITH_NUMBERS = frozenset(
    [LabelFormat.coco, LabelFormat.boxes_csv, LabelFormat.openimages, LabelFormat.csv, LabelFormat.parquet]
)
_KEYS = {name: f"arrivals-{name}" for name in SAID}
_MAP = "map"


def chosen(stage: Stage) -> tuple[LabelFormat | None, Choices]:
    """The format, where it was stated, and the choices as they stand."""
    said = {name: st.session_state.get(key) for name, key in _KEYS.items()}
    kind, numbers = said["format"] or RECOGNISED, said["coordinates"] or AS_USUAL
    return None if kind == RECOGNISED else LabelFormat(kind), Choices(
        categories=tuple(said["category"] or ()),
        pick=Pick(said["pick"] or Pick.error),
        root=(said["root"] or "").strip(),
        strip=int(said["strip"] or 0),
        names=_mapped(stage, said["map"].getvalue() if said["map"] else b""),
        coordinates=None if numbers == AS_USUAL else Coordinates(numbers),
        annotator=current_person().name or "import",
    )


def offer(stage: Stage, labels: LabelLook | None) -> None:
    """Draw the choices, those alone that can matter for labels like these."""
    with st.expander(_("How labels are read"), icon=":material/tune:"):
        with st.container(horizontal=True):
            st.selectbox(
                _("Format"),
                [RECOGNISED, *LabelFormat],
                format_func=lambda one: _("As recognised") if one == RECOGNISED else str(one),
                key=_KEYS["format"],
                help=_(SAID["format"]),
            )
            st.selectbox(
                _("Several objects on one photo (--pick)"),
                list(PICKS),
                format_func=lambda one: _(PICKS[one]),
                key=_KEYS["pick"],
                help=_(SAID["pick"]),
            )
            if labels is not None and labels.file_format in _WITH_NUMBERS:
                st.selectbox(
                    _("Numbers (--coordinates)"),
                    list(NUMBERS),
                    format_func=lambda one: _(NUMBERS[one]),
                    key=_KEYS["coordinates"],
                    help=_(SAID["coordinates"]),
                )
        categories = st.session_state.get(_KEYS["category"]) or []
        if labels is not None and (len(labels.categories) > 1 or categories):
            st.multiselect(
                _("Only these categories (--category)"),
                dict.fromkeys([*labels.categories, *categories]),
                key=_KEYS["category"],
                help=_(SAID["category"]),
            )
        with st.container(horizontal=True):
            st.text_input(_("Root (--root)"), key=_KEYS["root"], help=_(SAID["root"]), placeholder="photos/2026")
            st.number_input(_("Strip (--strip)"), min_value=0, step=1, key=_KEYS["strip"], help=_(SAID["strip"]))
        st.file_uploader(_("Map (--map)"), type=["csv", "txt"], key=_KEYS["map"], help=_(SAID["map"]))
        if st.session_state.get(_KEYS["map"]) and (problem := stage.noted(_MAP)):
            st.error(plain(problem), icon=":material/error:")


def _mapped(stage: Stage, content: bytes) -> dict[str, str]:
    """The names of a map that was given; what is wrong with it is noted, to be shown beside it."""
    if not content:
        return {}
    file = stage.folder / f"{_MAP}.csv"
    try:
        file.write_bytes(content)
        found = read_name_map(file)
    except (OSError, LabelFileError) as error:
        stage.note(_MAP, str(error).replace(str(file), _("The map")))
        return {}
    stage.note(_MAP, "")
    return found
