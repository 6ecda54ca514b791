from tiefvision_assets.store.served import ModelSet, Served

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
