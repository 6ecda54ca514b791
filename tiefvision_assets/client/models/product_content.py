from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.product_content_columns import ProductContentColumns


T = TypeVar("T", bound="ProductContent")


@_attrs_define
class ProductContent:
    """A product without its id.

    Attributes:
        photos (list[str] | Unset): Paths below the raw folder, or patterns: gowns/{product_id}-*.jpg.
        columns (ProductContentColumns | Unset): What searches know of it: texts, numbers, truths, lists of texts; dates
            as 2026-11-27.
    """

    photos: list[str] | Unset = UNSET
    columns: ProductContentColumns | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        photos: list[str] | Unset = UNSET
        if not isinstance(self.photos, Unset):
            photos = self.photos

        columns: dict[str, Any] | Unset = UNSET
        if not isinstance(self.columns, Unset):
            columns = self.columns.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if photos is not UNSET:
            field_dict["photos"] = photos
        if columns is not UNSET:
            field_dict["columns"] = columns

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.product_content_columns import ProductContentColumns  # noqa: PLC0415

        d = dict(src_dict)
        photos = cast(list[str], d.pop("photos", UNSET))

        _columns = d.pop("columns", UNSET)
        columns: ProductContentColumns | Unset
        if isinstance(_columns, Unset):
            columns = UNSET
        else:
            columns = ProductContentColumns.from_dict(_columns)

        product_content = cls(
            photos=photos,
            columns=columns,
        )

        return product_content
