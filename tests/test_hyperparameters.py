"""Hyper-parameters enter fingerprints: another default makes all data folders train anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from tiefvision_assets.hyperparameters import (
    BasisParameters,
    CropDatasetParameters,
    CropEncodingsParameters,
    RankingHeadParameters,
    TripletDatasetParameters,
)
from tiefvision_assets.lineage.due import basis_inputs, is_in_force
from tiefvision_assets.models.fingerprints import (
    basis_fingerprint,
    box_recipe,
    encoder_fingerprint,
    head_code,
    ranking_recipe,
)
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.vision.head_names import HEAD_PARAMETERS
from tiefvision_assets.vision.registry import ENCODERS, Look

HEADS = {
    "foreground_classifier": "bf98e365683407ff",
    "x_min_regressor": "6931aea2c562a7dc",
    "y_min_regressor": "a8ad24da926491f7",
    "x_max_regressor": "ef5e6b9edf1ec9af",
    "y_max_regressor": "01ef98ecaf55ef24",
    "foreground_map": "ea9dd9b53e1cf22f",
}
"""Head → fingerprint of a head of default hyper-parameters on the crop encodings ``m``."""
SAID = "data folders in use would train anew: is that meant, and is it in the changelog?"


def test_the_default_recipes_are_those_that_data_folders_were_made_by():
    crops, encodings = CropDatasetParameters().model_dump(), CropEncodingsParameters().model_dump()
    heads = {name: parameters().model_dump() for name, parameters in HEAD_PARAMETERS.items()}
    assert box_recipe(crops, encodings, heads) == "3667298c68118944", SAID
    ranking = TripletDatasetParameters().model_dump(), RankingHeadParameters().model_dump()
    assert ranking_recipe(*ranking) == "ec241fb07a6c99c4", SAID
    basis = basis_inputs("e", BasisParameters())
    assert basis_fingerprint(basis) == "bafde43c3308c360", SAID
    before = replace(basis, code="2")
    assert basis_fingerprint(before) == "cb1783fe37f35bb9" and is_in_force(before, basis), SAID


def test_a_basis_of_before_stays_where_objects_are_seen_otherwise_since():
    wanted = basis_inputs("e", BasisParameters(), Look(side=320, pooled=2))
    as_they_were = basis_inputs("e", BasisParameters())
    assert is_in_force(wanted, wanted)
    assert is_in_force(as_they_were, wanted) and is_in_force(replace(as_they_were, code="2"), wanted)
    assert not is_in_force(basis_inputs("e", BasisParameters(), Look(side=288, pooled=1)), wanted)
    assert not is_in_force(replace(as_they_were, dimensions=64), wanted)
    assert basis_fingerprint(wanted) != basis_fingerprint(as_they_were)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_of_default_hyper_parameters_keeps_its_fingerprint(name):
    config = HEAD_PARAMETERS[name]().model_dump()
    assert fingerprint(maps="m", config=config, head=name, code=head_code(name)) == HEADS[name], SAID


def test_the_encoders_keep_their_fingerprints():
    found = {name: encoder_fingerprint(spec, "0" * 64) for name, spec in ENCODERS.items()}
    assert found == {"alexnet": "2355266be8757a25", "efficientnet_lite0": "1138a249a45cb171"}, SAID


def test_a_value_out_of_bounds_or_of_another_name_is_refused():
    with pytest.raises(ValidationError, match="less than or equal to"):
        CropDatasetParameters(test_share=0.9)
    with pytest.raises(ValidationError, match="Extra inputs"):
        RankingHeadParameters(identity_penalty=0.02)
