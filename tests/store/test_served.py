import json

from tiefvision_assets.store.sealed import write_json
from tiefvision_assets.store.served import ModelSet, Served, ServedFile
from tiefvision_assets.store.served_history import decided

FULL = ModelSet("encoder", "heads", "basis", "ranking")


def test_nothing_is_served_before_the_first_run(store):
    assert store.served.read() == Served(ModelSet(), {}, ModelSet())


def test_a_promotion_changes_nothing_that_searching_reads(store):
    store.served.promote(FULL)
    store.served.switch({"unsupervised": "v1", "supervised": "v2"})
    store.served.promote(ModelSet("encoder", "better", "basis", "ranking"))
    served = store.served.read()
    assert served.models == FULL
    assert served.index == {"unsupervised": "v1", "supervised": "v2"}
    assert served.next.heads == "better"


def test_a_switch_serves_the_promoted_models_with_their_index(store):
    store.served.promote(FULL)
    store.served.switch({"unsupervised": "v3", "supervised": "v3"})
    assert store.served.read() == Served(FULL, {"unsupervised": "v3", "supervised": "v3"}, FULL)


def test_another_encoder_drops_what_was_fitted_on_the_one_before():
    assert FULL.with_encoder("other") == ModelSet("other")
    assert FULL.with_encoder("encoder") == FULL


def test_another_basis_drops_the_ranking_head_alone():
    assert FULL.with_basis("other") == ModelSet("encoder", "heads", "other", None)
    assert FULL.with_basis("basis") == FULL


def serve(file: ServedFile, models: ModelSet, version: str) -> None:
    file.promote(models)
    file.switch({"unsupervised": version, "supervised": version})


def kept(file: ServedFile) -> list[str]:
    return [version.name for version in file.read().history.kept]


def heads(name: str) -> ModelSet:
    return ModelSet("encoder", name, "basis")


def test_versions_of_other_models_are_kept_and_nights_take_the_place_of_the_one_before(store):
    file = ServedFile(store.layout, keep=2)
    for version, models in (("v1", "a"), ("v2", "a"), ("v3", "b"), ("v4", "b"), ("v5", "c"), ("v6", "d")):
        serve(file, heads(models), version)
    assert kept(file) == ["v5", "v4"], "v1 and v3 had the models of v2 and v4, and two are kept"
    none = ServedFile(store.layout, keep=0)
    serve(none, heads("e"), "v7")
    assert kept(none) == []


def test_a_version_is_served_again_with_the_decision_in_one_step(store):
    file = ServedFile(store.layout, keep=2)
    serve(file, heads("a"), "v1")
    serve(file, heads("b"), "v2")
    before = file.read().history.kept[0]
    file.serve_again(before, decided("rejected", "ann", ["b"]))
    served = file.read()
    assert (served.models, served.next, served.index["supervised"]) == (heads("a"), heads("a"), "v1")
    assert kept(file) == ["v2"]
    rejection = served.history.rejection("b")
    assert rejection and rejection.by == "ann"
    assert served.history.rejection("a") is None


def test_what_was_rejected_is_no_longer_once_it_is_promoted(store):
    file = ServedFile(store.layout, keep=2)
    file.decide(ModelSet(), decided("rejected", "ann", ["b"]))
    file.promote(heads("b"))
    assert file.read().history.rejection("b") is None


def test_a_file_of_before_is_read_and_stays_as_it_was_until_something_is_switched(store):
    models = {"encoder": "e", "heads": None, "basis": "b", "ranking_head": None}
    document = {**models, "index": {"unsupervised": "v1", "supervised": "v1"}, "next": models}
    for path in (store.layout.served, store.layout.served_copy):
        write_json(path, document)
    assert store.served.problem() is None
    store.served.promote(ModelSet("e", "heads", "b"))
    assert "history" not in json.loads(store.layout.served.read_text())
    store.served.switch({"unsupervised": "v2", "supervised": "v2"})
    assert [version.name for version in store.served.read().history.kept] == ["v1"]


def test_searching_does_not_notice_what_was_decided(store):
    serve(store.served, heads("a"), "v1")
    before = store.served.read()
    store.served.decide(heads("a"), decided("rejected", "ann", ["b"]))
    assert store.served.read() == before


def test_the_copy_is_written_with_the_history(store):
    serve(store.served, heads("a"), "v1")
    serve(store.served, heads("b"), "v2")
    history = store.served.read().history
    store.layout.served.unlink()
    assert store.served.read().history == history
    store.served.restore()
    assert store.served.problem() is None
