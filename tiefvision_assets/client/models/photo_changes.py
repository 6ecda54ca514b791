from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.written_photo import WrittenPhoto


T = TypeVar("T", bound="PhotoChanges")


@_attrs_define
class PhotoChanges:
    """What became of photos.

    Attributes:
        written (list[WrittenPhoto]): In the order in which they were sent.
        removed (list[str]): The paths at which there was a photo, which is gone.
    """

    written: list[WrittenPhoto]
    removed: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        written = []
        for written_item_data in self.written:
            written_item = written_item_data.to_dict()
            written.append(written_item)

        removed = self.removed

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "written": written,
                "removed": removed,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.written_photo import WrittenPhoto  # noqa: PLC0415

        d = dict(src_dict)
        written = []
        _written = d.pop("written")
        for written_item_data in _written:
            written_item = WrittenPhoto.from_dict(written_item_data)

            written.append(written_item)

        removed = cast(list[str], d.pop("removed"))

        photo_changes = cls(
            written=written,
            removed=removed,
        )

        photo_changes.additional_properties = d
        return photo_changes

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
