from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="FeedbackFeedback")


@_attrs_define
class FeedbackFeedback:
    """What is sent: no personal data, and none that would be kept.

    Attributes:
        session (str): The key that the search named; a hash of it is kept.
        token (None | str | Unset): That of the search's answer.
        query (str | Unset): Without a token: the image_id that was searched by. Default: ''.
        shown (list[str] | Unset): Without a token: image_ids of the hits, best first.
        clicked (list[str] | Unset): Image_ids of hits that were opened.
        bought (list[str] | Unset): Image_ids of hits that were bought, or put into the basket.
        not_this (list[str] | Unset): Image_ids of hits that were said to be wrong.
    """

    session: str
    token: None | str | Unset = UNSET
    query: str | Unset = ""
    shown: list[str] | Unset = UNSET
    clicked: list[str] | Unset = UNSET
    bought: list[str] | Unset = UNSET
    not_this: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        session = self.session

        token: None | str | Unset
        if isinstance(self.token, Unset):
            token = UNSET
        else:
            token = self.token

        query = self.query

        shown: list[str] | Unset = UNSET
        if not isinstance(self.shown, Unset):
            shown = self.shown

        clicked: list[str] | Unset = UNSET
        if not isinstance(self.clicked, Unset):
            clicked = self.clicked

        bought: list[str] | Unset = UNSET
        if not isinstance(self.bought, Unset):
            bought = self.bought

        not_this: list[str] | Unset = UNSET
        if not isinstance(self.not_this, Unset):
            not_this = self.not_this

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "session": session,
            }
        )
        if token is not UNSET:
            field_dict["token"] = token
        if query is not UNSET:
            field_dict["query"] = query
        if shown is not UNSET:
            field_dict["shown"] = shown
        if clicked is not UNSET:
            field_dict["clicked"] = clicked
        if bought is not UNSET:
            field_dict["bought"] = bought
        if not_this is not UNSET:
            field_dict["not_this"] = not_this

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        session = d.pop("session")

        def _parse_token(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        token = _parse_token(d.pop("token", UNSET))

        query = d.pop("query", UNSET)

        shown = cast(list[str], d.pop("shown", UNSET))

        clicked = cast(list[str], d.pop("clicked", UNSET))

        bought = cast(list[str], d.pop("bought", UNSET))

        not_this = cast(list[str], d.pop("not_this", UNSET))

        feedback_feedback = cls(
            session=session,
            token=token,
            query=query,
            shown=shown,
            clicked=clicked,
            bought=bought,
            not_this=not_this,
        )

        return feedback_feedback
