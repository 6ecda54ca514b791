from tiefvision_assets.store.labels.judgements import Judgement, repetitions
from tiefvision_assets.store.labels.store import TripletLabel


def said(*rows: str) -> list[Judgement]:
    """``"ann A:B>C"`` says that ann found A closer to B than to C; ``=`` is a tie."""
    found = []
    for row in rows:
        name, answer = row.split()
        found.append(Judgement(name, TripletLabel(answer[0], answer[2], answer[4]), tie=answer[3] == "="))
    return found


def agreed(pairs) -> list[tuple[str, bool]]:
    return sorted((pair.reference, pair.agree) for pair in pairs)


def test_two_people_are_compared_where_they_were_asked_the_same():
    found = repetitions(said("ann A:B>C", "ben A:B>C", "cleo A:C>B", "ben A:B>D", "ann D:B>C", "ben D:C>B"))
    assert agreed(found.between) == [("A", False), ("A", False), ("A", True), ("D", False)]
    assert found.within == ()


def test_a_person_is_compared_with_the_answer_before_and_others_with_the_newest():
    found = repetitions(said("ann A:B>C", "ben A:C>B", "ann A:C>B", "ann A:C>B"))
    assert agreed(found.within) == [("A", False), ("A", True)]
    assert agreed(found.between) == [("A", True)]


def test_two_ties_agree_and_a_tie_agrees_with_no_answer():
    found = repetitions(said("ann A:B=C", "ben A:C=B", "cleo A:B>C"))
    assert agreed(found.between) == [("A", False), ("A", False), ("A", True)]
