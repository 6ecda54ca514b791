from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Photo")


@_attrs_define
class Photo:
    """What is known of a photo of the catalogue.

    Attributes:
        image_id (str): Names the photo in the catalogue.
        path (str): Relative to the raw folder.
        sha256 (str): Hash of the photo's content.
        width (int):
        height (int):
        box (list[float]): Left, top, right, bottom in pixels of the upright photo.
        confidence (float): 1 for a box drawn by people or given, 0 for the whole photo.
        human (bool): Whether a person drew the box.
        photo (str): Where the photo is served.
        thumbnail (str): Where its thumbnail is served.
    """

    image_id: str
    path: str
    sha256: str
    width: int
    height: int
    box: list[float]
    confidence: float
    human: bool
    photo: str
    thumbnail: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        image_id = self.image_id

        path = self.path

        sha256 = self.sha256

        width = self.width

        height = self.height

        box = []
        for box_item_data in self.box:
            box_item: float
            box_item = box_item_data
            box.append(box_item)

        confidence = self.confidence

        human = self.human

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
                "box": box,
                "confidence": confidence,
                "human": human,
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

        box = []
        _box = d.pop("box")
        for box_item_data in _box:

            def _parse_box_item(data: object) -> float:
                return cast(float, data)

            box_item = _parse_box_item(box_item_data)

            box.append(box_item)

        confidence = d.pop("confidence")

        human = d.pop("human")

        photo = d.pop("photo")

        thumbnail = d.pop("thumbnail")

        photo = cls(
            image_id=image_id,
            path=path,
            sha256=sha256,
            width=width,
            height=height,
            box=box,
            confidence=confidence,
            human=human,
            photo=photo,
            thumbnail=thumbnail,
        )

        photo.additional_properties = d
        return photo

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
