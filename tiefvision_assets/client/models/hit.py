from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.hit_level import HitLevel
from ..models.hit_ranking_type_0 import HitRankingType0
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.hit_product_type_0 import HitProductType0


T = TypeVar("T", bound="Hit")


@_attrs_define
class Hit:
    """A photo that was found.

    Attributes:
        image_id (str): Names the photo in the catalogue.
        path (str): Relative to the raw folder.
        sha256 (str): Hash of the photo's content.
        score (float): Cosine similarity, at most 1.
        level (HitLevel):
        duplicate (bool): The query's shot again: re-encoded, resized, mirrored.
        repeats (None | str): The image_id of the best hit whose shot this is again; null for none.
        photo (str): Where the photo is served.
        thumbnail (str): Where its thumbnail is served.
        product_id (None | str | Unset): The product that the photo shows.
        product (HitProductType0 | None | Unset): What the feed says about the product.
        others (list[str] | None | Unset): Where hits are products: image_ids of its other photos that fit the
            condition.
        ranking (HitRankingType0 | None | Unset): Where two rankings were interleaved: the one that the hit, and its
            score, come from.
    """

    image_id: str
    path: str
    sha256: str
    score: float
    level: HitLevel
    duplicate: bool
    repeats: None | str
    photo: str
    thumbnail: str
    product_id: None | str | Unset = UNSET
    product: HitProductType0 | None | Unset = UNSET
    others: list[str] | None | Unset = UNSET
    ranking: HitRankingType0 | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.hit_product_type_0 import HitProductType0  # noqa: PLC0415

        image_id = self.image_id

        path = self.path

        sha256 = self.sha256

        score = self.score

        level = self.level.value

        duplicate = self.duplicate

        repeats: None | str
        repeats = self.repeats

        photo = self.photo

        thumbnail = self.thumbnail

        product_id: None | str | Unset
        if isinstance(self.product_id, Unset):
            product_id = UNSET
        else:
            product_id = self.product_id

        product: dict[str, Any] | None | Unset
        if isinstance(self.product, Unset):
            product = UNSET
        elif isinstance(self.product, HitProductType0):
            product = self.product.to_dict()
        else:
            product = self.product

        others: list[str] | None | Unset
        if isinstance(self.others, Unset):
            others = UNSET
        elif isinstance(self.others, list):
            others = self.others

        else:
            others = self.others

        ranking: None | str | Unset
        if isinstance(self.ranking, Unset):
            ranking = UNSET
        elif isinstance(self.ranking, HitRankingType0):
            ranking = self.ranking.value
        else:
            ranking = self.ranking

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "image_id": image_id,
                "path": path,
                "sha256": sha256,
                "score": score,
                "level": level,
                "duplicate": duplicate,
                "repeats": repeats,
                "photo": photo,
                "thumbnail": thumbnail,
            }
        )
        if product_id is not UNSET:
            field_dict["product_id"] = product_id
        if product is not UNSET:
            field_dict["product"] = product
        if others is not UNSET:
            field_dict["others"] = others
        if ranking is not UNSET:
            field_dict["ranking"] = ranking

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.hit_product_type_0 import HitProductType0  # noqa: PLC0415

        d = dict(src_dict)
        image_id = d.pop("image_id")

        path = d.pop("path")

        sha256 = d.pop("sha256")

        score = d.pop("score")

        level = HitLevel(d.pop("level"))

        duplicate = d.pop("duplicate")

        def _parse_repeats(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        repeats = _parse_repeats(d.pop("repeats"))

        photo = d.pop("photo")

        thumbnail = d.pop("thumbnail")

        def _parse_product_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        product_id = _parse_product_id(d.pop("product_id", UNSET))

        def _parse_product(data: object) -> HitProductType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                product_type_0 = HitProductType0.from_dict(data)

                return product_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HitProductType0 | None | Unset, data)

        product = _parse_product(d.pop("product", UNSET))

        def _parse_others(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                others_type_0 = cast(list[str], data)

                return others_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        others = _parse_others(d.pop("others", UNSET))

        def _parse_ranking(data: object) -> HitRankingType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ranking_type_0 = HitRankingType0(data)

                return ranking_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HitRankingType0 | None | Unset, data)

        ranking = _parse_ranking(d.pop("ranking", UNSET))

        hit = cls(
            image_id=image_id,
            path=path,
            sha256=sha256,
            score=score,
            level=level,
            duplicate=duplicate,
            repeats=repeats,
            photo=photo,
            thumbnail=thumbnail,
            product_id=product_id,
            product=product,
            others=others,
            ranking=ranking,
        )

        hit.additional_properties = d
        return hit

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
