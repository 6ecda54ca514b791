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
from tiefvision_ui.words import plain

RECOGNISED, AS_USUAL = "recognised", "as usual"
PICKS = {Pick.error: "Ask: report such photos", Pick.largest: "The largest", Pick.first: "The file's first"}
NUMBERS = {AS_USUAL: "As the format has them", Coordinates.pixels: "Pixels", Coordinates.normalised: "Shares, 0 to 1"}
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
    with st.expander("How labels are read", icon=":material/tune:"):
        with st.container(horizontal=True):
            st.selectbox(
                "Format",
                [RECOGNISED, *LabelFormat],
                format_func=lambda one: "As recognised" if one == RECOGNISED else str(one),
                key=_KEYS["format"],
                help=SAID["format"],
            )
            st.selectbox(
                "Several objects on one photo (--pick)",
                list(PICKS),
                format_func=lambda one: PICKS[one],
                key=_KEYS["pick"],
                help=SAID["pick"],
            )
            if labels is not None and labels.file_format in _WITH_NUMBERS:
                st.selectbox(
                    "Numbers (--coordinates)",
                    list(NUMBERS),
                    format_func=lambda one: NUMBERS[one],
                    key=_KEYS["coordinates"],
                    help=SAID["coordinates"],
                )
        categories = st.session_state.get(_KEYS["category"]) or []
        if labels is not None and (len(labels.categories) > 1 or categories):
            st.multiselect(
                "Only these categories (--category)",
                dict.fromkeys([*labels.categories, *categories]),
                key=_KEYS["category"],
                help=SAID["category"],
            )
        with st.container(horizontal=True):
            st.text_input("Root (--root)", key=_KEYS["root"], help=SAID["root"], placeholder="photos/2026")
            st.number_input("Strip (--strip)", min_value=0, step=1, key=_KEYS["strip"], help=SAID["strip"])
        st.file_uploader("Map (--map)", type=["csv", "txt"], key=_KEYS["map"], help=SAID["map"])
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
        stage.note(_MAP, str(error).replace(str(file), "The map"))
        return {}
    stage.note(_MAP, "")
    return found
