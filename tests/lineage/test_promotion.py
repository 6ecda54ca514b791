import pandas as pd
import pytest

from tiefvision_assets.lineage.promotion import judge_boxes, judge_ranking


def boxes(*ious: float, mean_box: float = 0.5) -> pd.DataFrame:
    names = [f"photo{number}" for number in range(len(ious))]
    return pd.DataFrame({"sha256": names, "iou": ious, "mean_box_iou": mean_box})


def ranked(*supervised: float, unsupervised: float = 0.5) -> pd.DataFrame:
    names = [f"photo{number}" for number in range(len(supervised))]
    parts = {"reference": names, "positive": "p", "negative": "n", "reference_group": range(len(names))}
    return pd.DataFrame(parts | {"supervised": supervised, "unsupervised": unsupervised})


JUDGES = pytest.mark.parametrize(("judge", "rows"), [(judge_boxes, boxes), (judge_ranking, ranked)])


@JUDGES
def test_better_than_the_trivial_answer_is_promoted_where_none_is_served(judge, rows):
    decision = judge(rows(0.7, 0.6, 0.65), None)
    assert decision.promoted
    assert "0.650" in decision.reason and "0.500" in decision.reason and "3" in decision.reason


@JUDGES
@pytest.mark.parametrize("values", [(0.5, 0.5), (0.75, 0.25), (0.1, 0.2)])
def test_a_tie_with_the_trivial_answer_and_worse_are_not_promoted(judge, rows, values):
    decision = judge(rows(*values), None)
    assert not decision.promoted and "not better" in decision.reason


@JUDGES
def test_what_could_not_be_evaluated_is_not_promoted(judge, rows):
    decision = judge(rows(), rows(0.9, 0.9))
    assert not decision.promoted and "too few" in decision.reason


@JUDGES
def test_worse_than_served_by_more_than_a_standard_error_is_rejected(judge, rows):
    served = rows(0.9, 0.8, 0.85, 0.9)
    decision = judge(rows(0.7, 0.65, 0.6, 0.75), served)
    assert not decision.promoted
    assert "worse" in decision.reason and "0.675" in decision.reason and "0.863" in decision.reason


@JUDGES
def test_equal_to_served_and_worse_within_a_standard_error_are_promoted(judge, rows):
    served = rows(0.9, 0.8, 0.7, 0.8)
    assert judge(rows(0.9, 0.8, 0.7, 0.8), served).promoted
    within = judge(rows(0.6, 1.0, 0.8, 0.7), served)
    assert within.promoted and "not worse" in within.reason


@JUDGES
def test_the_border_is_one_standard_error_of_the_difference(judge, rows):
    served = rows(0.8, 0.8)
    just_within, just_beyond = rows(0.8, 0.6), rows(0.79, 0.6)
    assert judge(just_within, served).promoted
    assert not judge(just_beyond, served).promoted


@JUDGES
def test_better_than_served_but_not_than_the_trivial_answer_is_rejected(judge, rows):
    assert not judge(rows(0.4, 0.4, 0.4), rows(0.1, 0.2, 0.3)).promoted


@JUDGES
def test_only_what_both_were_judged_on_is_compared(judge, rows):
    served = rows(0.8, 0.8, 1.0, 1.0)
    assert judge(rows(0.9, 0.9, 0.6, 0.6), served.head(2)).promoted
    assert not judge(rows(0.7, 0.7, 1.0, 1.0), served.head(2)).promoted


@JUDGES
@pytest.mark.parametrize("shared", [0, 1])
def test_without_two_shared_items_nothing_is_told_to_be_worse(judge, rows, shared):
    assert judge(rows(0.6, 0.7), rows(1.0, 1.0).head(shared)).promoted


@JUDGES
def test_where_nothing_is_shared_the_reason_claims_no_comparison(judge, rows):
    reason = judge(rows(0.6, 0.7), rows(1.0, 1.0).head(0)).reason
    assert "not compared" in reason and "not worse" not in reason


def test_many_triplets_of_one_reference_do_not_speak_against_a_head_as_so_many_would():
    """Nine of ten references gained, one lost half of its forty triplets."""
    references = [f"photo{number}" for number in range(10)] + ["photo9"] * 39
    evaluation = pd.DataFrame({"reference": references, "positive": "p", "negative": [f"n{n}" for n in range(49)]})
    evaluation = evaluation.assign(reference_group=evaluation["reference"].str[-1].astype(int))
    served = evaluation.assign(supervised=[0.0] * 9 + [1.0] * 40, unsupervised=0.0)
    candidate = evaluation.assign(supervised=[1.0] * 9 + [0.0] * 20 + [1.0] * 20, unsupervised=0.0)
    alone = candidate.assign(reference=[f"other{n}" for n in range(49)])
    assert judge_ranking(candidate, served).promoted
    assert not judge_ranking(alone, served.assign(reference=alone["reference"])).promoted


def test_starter_heads_have_to_be_equalled():
    worse, served = boxes(0.79, 0.86, 0.83), boxes(0.8, 0.85, 0.84)
    assert judge_boxes(worse, served).promoted, "within a standard error of heads that learned from as many labels"
    rejected = judge_boxes(worse, served, starter=True)
    assert not rejected.promoted and "starter heads" in rejected.reason
    assert judge_boxes(served, served, starter=True).promoted
    assert judge_boxes(worse, boxes(), starter=True).promoted, "where the starter heads learned from all these photos"
