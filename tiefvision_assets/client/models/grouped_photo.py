from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="GroupedPhoto")


@_attrs_define
class GroupedPhoto:
    """A file of a group of duplicates.

    Attributes:
        image_id (str): Names the photo in the catalogue.
        path (str): Relative to the raw folder.
        sha256 (str): Hash of the photo's content.
        width (int):
        height (int):
        bytes_ (int):
        modified (None | str): When the file was changed last; null where it is gone.
        tags (list[str]):
        hidden (bool): Whether searches leave it out.
        photo (str): Where the photo is served.
        thumbnail (str): Where its thumbnail is served.
    """

    image_id: str
    path: str
    sha256: str
    width: int
    height: int
    bytes_: int
    modified: None | str
    tags: list[str]
    hidden: bool
    photo: str
    thumbnail: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        image_id = self.image_id

        path = self.path

        sha256 = self.sha256

        width = self.width

        height = self.height

        bytes_ = self.bytes_

        modified: None | str
        modified = self.modified

        tags = self.tags

        hidden = self.hidden

        photo = self.photo

        thumbnail = self.thumbnail

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "image_id": image_id,
                "path": path,
                "sha256": sha256,
                "width": width,
                "height": height,
                "bytes": bytes_,
                "modified": modified,
                "tags": tags,
                "hidden": hidden,
                "photo": photo,
                "thumbnail": thumbnail,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        image_id = d.pop("image_id")

        path = d.pop("path")

        sha256 = d.pop("sha256")

        width = d.pop("width")

        height = d.pop("height")

        bytes_ = d.pop("bytes")

        def _parse_modified(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        modified = _parse_modified(d.pop("modified"))

        tags = cast(list[str], d.pop("tags"))

        hidden = d.pop("hidden")

        photo = d.pop("photo")

        thumbnail = d.pop("thumbnail")

        grouped_photo = cls(
            image_id=image_id,
            path=path,
            sha256=sha256,
            width=width,
            height=height,
            bytes_=bytes_,
            modified=modified,
            tags=tags,
            hidden=hidden,
            photo=photo,
            thumbnail=thumbnail,
        )

        grouped_photo.additional_properties = d
        return grouped_photo

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
