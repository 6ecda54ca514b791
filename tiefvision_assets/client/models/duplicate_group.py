from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.duplicate_group_state import DuplicateGroupState

if TYPE_CHECKING:
    from ..models.grouped_photo import GroupedPhoto


T = TypeVar("T", bound="DuplicateGroup")


@_attrs_define
class DuplicateGroup:
    """Photos of one shot, or copies of one photo.

    Attributes:
        group (str): Names the group while it holds the same photos.
        state (DuplicateGroupState):
        similarity (float): The lowest cosine of two of them.
        photos (list[GroupedPhoto]): The one with the most pixels first.
    """

    group: str
    state: DuplicateGroupState
    similarity: float
    photos: list[GroupedPhoto]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        group = self.group

        state = self.state.value

        similarity = self.similarity

        photos = []
        for photos_item_data in self.photos:
            photos_item = photos_item_data.to_dict()
            photos.append(photos_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "group": group,
                "state": state,
                "similarity": similarity,
                "photos": photos,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.grouped_photo import GroupedPhoto  # noqa: PLC0415

        d = dict(src_dict)
        group = d.pop("group")

        state = DuplicateGroupState(d.pop("state"))

        similarity = d.pop("similarity")

        photos = []
        _photos = d.pop("photos")
        for photos_item_data in _photos:
            photos_item = GroupedPhoto.from_dict(photos_item_data)

            photos.append(photos_item)

        duplicate_group = cls(
            group=group,
            state=state,
            similarity=similarity,
            photos=photos,
        )

        duplicate_group.additional_properties = d
        return duplicate_group

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
