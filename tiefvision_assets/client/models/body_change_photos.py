from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import types
from ..types import UNSET, File, FileTypes, Unset

T = TypeVar("T", bound="BodyChangePhotos")


@_attrs_define
class BodyChangePhotos:
    """
    Attributes:
        photos (list[File] | Unset): Files whose names are their paths.
        removed (list[str] | Unset): Paths of photos to remove.
    """

    photos: list[File] | Unset = UNSET
    removed: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        photos: list[FileTypes] | Unset = UNSET
        if not isinstance(self.photos, Unset):
            photos = []
            for photos_item_data in self.photos:
                photos_item = photos_item_data.to_tuple()

                photos.append(photos_item)

        removed: list[str] | Unset = UNSET
        if not isinstance(self.removed, Unset):
            removed = self.removed

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if photos is not UNSET:
            field_dict["photos"] = photos
        if removed is not UNSET:
            field_dict["removed"] = removed

        return field_dict

    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        if not isinstance(self.photos, Unset):
            for photos_item_element in self.photos:
                files.append(("photos", photos_item_element.to_tuple()))

        if not isinstance(self.removed, Unset):
            for removed_item_element in self.removed:
                files.append(("removed", (None, str(removed_item_element).encode(), "text/plain")))

        for prop_name, prop in self.additional_properties.items():
            files.append((prop_name, (None, str(prop).encode(), "text/plain")))

        return files

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _photos = d.pop("photos", UNSET)
        photos: list[File] | Unset = UNSET
        if _photos is not UNSET:
            photos = []
            for photos_item_data in _photos:
                photos_item = File(payload=BytesIO(photos_item_data))

                photos.append(photos_item)

        removed = cast(list[str], d.pop("removed", UNSET))

        body_change_photos = cls(
            photos=photos,
            removed=removed,
        )

        body_change_photos.additional_properties = d
        return body_change_photos

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
