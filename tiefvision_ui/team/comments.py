"""Comments on a photo, wherever it is shown: what people said about it, and a field to say more."""

from __future__ import annotations

import logging
import uuid

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.comments import LONGEST_COMMENT, Comment
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.language.formats import date_words
from tiefvision_ui.language.texts import _, counted
from tiefvision_ui.words import plain

_PROBLEM = "comment-problem"


def comments(person: Person, sha256: str) -> None:
    """Draw the photo's comments, folded unless there are any; what is written is recorded under the person's name."""
    try:
        said = services.store().team.comments.of([sha256]).get(sha256, [])
    except LabelDatabaseError as error:
        logging.getLogger(__name__).warning("Comments are not shown: %s", error)
        return
    if not said and not person.may_label:
        return
    title = counted("{n} comment", "{n} comments", len(said)) if said else _("Comment on this photo")
    with st.expander(title, icon=":material/forum:", expanded=bool(said)):
        for comment in said:
            _shown(person, comment)
        if problem := st.session_state.pop(_PROBLEM, None):
            st.error(plain(problem))
        if person.may_label:
            _field(person, sha256)


def _shown(person: Person, comment: Comment) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(comment.made_by)}**, {date_words(comment.made_at)}: {plain(comment.text)}")
        if person.may_label and (person.may_review or comment.made_by == person.name):
            st.button(
                _("Remove"),
                icon=":material/delete:",
                key=f"uncomment-{comment.comment_id}",
                type="tertiary",
                on_click=_remove,
                args=(person, comment.comment_id),
            )


def _field(person: Person, sha256: str) -> None:
    # The id stays while the same text is sent again, so that it is recorded once.
    st.session_state.setdefault(f"comment-id-{sha256}", uuid.uuid4().hex)
    st.text_area(_("Your comment"), key=f"comment-{sha256}", max_chars=LONGEST_COMMENT, height=80)
    st.button(_("Add the comment"), icon=":material/send:", key=f"say-{sha256}", on_click=_add, args=(person, sha256))


def _add(person: Person, sha256: str) -> None:
    field, draft = f"comment-{sha256}", f"comment-id-{sha256}"
    try:
        services.store().team.comments.add(st.session_state[draft], sha256, st.session_state[field], person.name)
    except TiefVisionError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[field] = ""
    del st.session_state[draft]


def _remove(person: Person, comment_id: int) -> None:
    try:
        services.store().team.comments.remove(comment_id, person.name, any_one=person.may_review)
    except TiefVisionError as error:
        st.session_state[_PROBLEM] = str(error)
