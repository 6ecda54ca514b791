from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.written_photo_change import WrittenPhotoChange

T = TypeVar("T", bound="WrittenPhoto")


@_attrs_define
class WrittenPhoto:
    """A photo as it lies below the raw folder now.

    Attributes:
        path (str): Below the raw folder.
        image_id (str): Names the photo in the catalogue, once it is there.
        sha256 (str): Hash of the photo's content.
        width (int):
        height (int):
        change (WrittenPhotoChange): Whether the photo was added, has replaced another one, or was there already.
    """

    path: str
    image_id: str
    sha256: str
    width: int
    height: int
    change: WrittenPhotoChange
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        path = self.path

        image_id = self.image_id

        sha256 = self.sha256

        width = self.width

        height = self.height

        change = self.change.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "path": path,
                "image_id": image_id,
                "sha256": sha256,
                "width": width,
                "height": height,
                "change": change,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        path = d.pop("path")

        image_id = d.pop("image_id")

        sha256 = d.pop("sha256")

        width = d.pop("width")

        height = d.pop("height")

        change = WrittenPhotoChange(d.pop("change"))

        written_photo = cls(
            path=path,
            image_id=image_id,
            sha256=sha256,
            width=width,
            height=height,
            change=change,
        )

        written_photo.additional_properties = d
        return written_photo

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
