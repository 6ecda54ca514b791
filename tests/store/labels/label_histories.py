"""Random histories of labels: steps, drawn by Hypothesis, that are played on a label store."""

from __future__ import annotations

from hypothesis import strategies as st

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore, TripletLabel

steps = st.one_of(
    st.tuples(
        st.just("box"),
        st.sampled_from("ab"),
        st.sampled_from([Box(0.1, 0.2, 0.3, 1e-9 + 0.2), Box(0, 0, 7, 1 / 3)]),
        st.sampled_from(["annotator", "reviewer"]),
    ),
    st.tuples(st.just("triplet"), st.permutations("abc")),
    st.tuples(st.just("undo"), st.integers(1, 8)),
)


def play(store: LabelStore, step: tuple) -> int | bool | str:
    match step:
        case "box", photo, box, role:
            return store.add_boxes([BoxLabel(photo, box)], annotator="ann", role=role, seconds=1.5)
        case "triplet", photos:
            return store.add_triplets([TripletLabel(*photos)], annotator="ann")
        case _, event:
            try:
                return store.undo(event, annotator="bob")
            except TiefVisionError as error:
                return str(error)
