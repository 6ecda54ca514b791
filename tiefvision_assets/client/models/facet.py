from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.facet_count import FacetCount


T = TypeVar("T", bound="Facet")


@_attrs_define
class Facet:
    """A column's values, counted.

    Attributes:
        column (str):
        counts (list[FacetCount]):
        others (int): Of values that are not listed, since there are too many.
        missing (int): Of those without a value.
    """

    column: str
    counts: list[FacetCount]
    others: int
    missing: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        column = self.column

        counts = []
        for counts_item_data in self.counts:
            counts_item = counts_item_data.to_dict()
            counts.append(counts_item)

        others = self.others

        missing = self.missing

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "column": column,
                "counts": counts,
                "others": others,
                "missing": missing,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.facet_count import FacetCount  # noqa: PLC0415

        d = dict(src_dict)
        column = d.pop("column")

        counts = []
        _counts = d.pop("counts")
        for counts_item_data in _counts:
            counts_item = FacetCount.from_dict(counts_item_data)

            counts.append(counts_item)

        others = d.pop("others")

        missing = d.pop("missing")

        facet = cls(
            column=column,
            counts=counts,
            others=others,
            missing=missing,
        )

        facet.additional_properties = d
        return facet

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
