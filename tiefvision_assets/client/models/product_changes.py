from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.product import Product


T = TypeVar("T", bound="ProductChanges")


@_attrs_define
class ProductChanges:
    """Products to write, and to remove.

    Attributes:
        products (list[Product] | Unset): At most 10,000.
        removed (list[str] | Unset): Ids of products that were written.
    """

    products: list[Product] | Unset = UNSET
    removed: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        products: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.products, Unset):
            products = []
            for products_item_data in self.products:
                products_item = products_item_data.to_dict()
                products.append(products_item)

        removed: list[str] | Unset = UNSET
        if not isinstance(self.removed, Unset):
            removed = self.removed

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if products is not UNSET:
            field_dict["products"] = products
        if removed is not UNSET:
            field_dict["removed"] = removed

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.product import Product  # noqa: PLC0415

        d = dict(src_dict)
        _products = d.pop("products", UNSET)
        products: list[Product] | Unset = UNSET
        if _products is not UNSET:
            products = []
            for products_item_data in _products:
                products_item = Product.from_dict(products_item_data)

                products.append(products_item)

        removed = cast(list[str], d.pop("removed", UNSET))

        product_changes = cls(
            products=products,
            removed=removed,
        )

        return product_changes
