"""The part *Disagreements* of the review page: disputed boxes and triplets, for an administrator to decide."""

from __future__ import annotations

import streamlit as st

from tiefvision_ui import address, notices, services
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation import queues
from tiefvision_ui.components.dispute_list import dispute_list
from tiefvision_ui.language.formats import percent_words
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.paging import PAGE, first_page, page_shown
from tiefvision_ui.review import decisions
from tiefvision_ui.review.cards import card_of
from tiefvision_ui.review.disputes import (
    Against,
    BoxDispute,
    TripletDispute,
    against_model,
    between_people,
    between_triplets,
)

AGAINST: dict[Against, str] = {
    "model": N_("People and model"),
    "people": N_("Two people"),
    "triplets": N_("Triplets"),
}
CARDS = 24
LEAST_IOU = 0.7
LIST = "disputes"


def disagreements(person: Person) -> None:
    """Draw the disputes, the worst first."""
    against, least_iou = _which_disagreements()
    photos, store = queues.photos(), services.store()
    disputes: list[BoxDispute] | list[TripletDispute]
    if against == "model":
        disputes = against_model(store, photos, queues.model_boxes(), least_iou)
    elif against == "people":
        disputes = between_people(store, photos, least_iou)
    else:
        disputes = between_triplets(store, photos)
    if not disputes:
        _no_disagreement(against)
        return
    if person.may_review:
        words = counted("{n} disagreement", "{n} disagreements", len(disputes))
    else:
        words = counted(
            "{n} disagreement; an administrator decides",
            "{n} disagreements; an administrator decides",
            len(disputes),
        )
    st.caption(words)
    above = st.container()
    part = page_shown(len(disputes), CARDS)
    with above:
        dispute_list(
            [card_of(dispute) for dispute in disputes[part]],
            deciding=person.may_review,
            failures=notices.failures(),
            key=LIST,
            on_decision=lambda: _decide(person, against),
        )


def _which_disagreements() -> tuple[Against, float]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sides = {side: _(name) for side, name in AGAINST.items()}
        against = address.choice(_("Between"), sides, "against", PAGE)
        least_iou = LEAST_IOU
        if against != "triplets":
            least_iou = st.slider(
                _("Overlap (IoU) below"),
                0.1,
                0.95,
                LEAST_IOU,
                0.05,
                format="localized",
                key="least-iou",
                width=260,
                on_change=first_page,
            )
    return against, least_iou


def _no_disagreement(against: Against) -> None:
    if against == "model" and not queues.model_boxes():
        words = _("No model serves boxes yet; it learns from labelled boxes with `tiefvision run`.")
        st.info(words, icon=":material/info:")
        return
    share = percent_words(services.store().settings.overlap)
    agreed = {
        "model": _("People and the model agree wherever both have a box."),
        "people": _("No two people's boxes disagree. Two people are asked about {share} of the photos.", share=share),
        "triplets": _(
            "No two people's triplets disagree. Two people are asked about {share} of the references.", share=share
        ),
    }
    st.success(agreed[against], icon=":material/task_alt:")


def _decide(person: Person, against: Against) -> None:
    sent = st.session_state[LIST].decision
    photo = queues.photos().get(str(sent.get("photo"))) if isinstance(sent, dict) else None
    if photo is None:
        return
    commit_id, choice = str(sent.get("commit_id")), str(sent.get("choice"))

    def decide() -> str:
        if against == "triplets":
            decisions.decide_triplet(services.store(), person, commit_id, photo.sha256, choice)
        else:
            model = queues.model_boxes().get(photo.sha256)
            decisions.decide_box(services.store(), person, commit_id, photo, choice, model)
        return _("Decided; it stands in the history and can be undone there.")

    notices.attempt(decide)
