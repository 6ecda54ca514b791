"""What stands is kept in memory; it has to be what the database says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore

PHOTOS = [f"{number:064x}" for number in range(4)]

steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["box", "absent", "skip"]), st.sampled_from(PHOTOS), st.sampled_from("xyz")),
        st.tuples(st.just("undo"), st.sampled_from("xyz")),
        st.just("read"),
    ),
    max_size=15,
)


@given(steps)
@settings(max_examples=12, deadline=None)
def test_what_is_kept_in_memory_is_what_the_database_says(tmp_path_factory, history):
    labels = LabelStore(f"sqlite:///{tmp_path_factory.mktemp('labels')}/labels.db")
    kept = Annotation(labels.database, overlap=0.5)
    for number, step in enumerate([*history, "read"]):
        match step:
            case "read":
                fresh = Annotation(labels.database, overlap=0.5)
                for annotator in "xyz":
                    claims = []
                    for annotation in (kept, fresh):
                        claims.append(annotation.claim("box", Queue(PHOTOS), annotator, "tab", count=4))
                        annotation.release("box", annotator, "tab")
                    assert claims[0] == claims[1]
            case "undo", annotator:
                kept.undo_last(f"{number}", "box", annotator=annotator, session="tab")
            case "box", photo, annotator:
                label = BoxLabel(photo, Box(0, 0, 1, 1))
                kept.commit(Decision.box(f"{number}", label, "drawn"), annotator=annotator, session="tab")
            case "absent", photo, annotator:
                kept.commit(Decision.absent(f"{number}", photo), annotator=annotator, session="tab")
            case "skip", photo, annotator:
                kept.commit(Decision.skip(f"{number}", "box", photo), annotator=annotator)
    labels.close()
