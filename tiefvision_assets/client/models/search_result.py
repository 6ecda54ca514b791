from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.search_result_ranking import SearchResultRanking
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.facet import Facet
    from ..models.hit import Hit


T = TypeVar("T", bound="SearchResult")


@_attrs_define
class SearchResult:
    """What a search found; made from `tiefvision_assets.search.hits.SearchResult`.

    Attributes:
        query (str): The photo's image_id, or the upload's name.
        ranking (SearchResultRanking):
        box (list[float]): Left, top, right, bottom in pixels of the upright photo.
        confidence (float): 1 for a box drawn by people or given, 0 for the whole photo.
        hits (list[Hit]): Best first.
        facets (list[Facet] | None | Unset): The columns that were asked for, counted among all that the condition
            leaves.
        token (None | str | Unset): To be sent back to /api/feedback, where clicks are taken and a session was named.
    """

    query: str
    ranking: SearchResultRanking
    box: list[float]
    confidence: float
    hits: list[Hit]
    facets: list[Facet] | None | Unset = UNSET
    token: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        query = self.query

        ranking = self.ranking.value

        box = []
        for box_item_data in self.box:
            box_item: float
            box_item = box_item_data
            box.append(box_item)

        confidence = self.confidence

        hits = []
        for hits_item_data in self.hits:
            hits_item = hits_item_data.to_dict()
            hits.append(hits_item)

        facets: list[dict[str, Any]] | None | Unset
        if isinstance(self.facets, Unset):
            facets = UNSET
        elif isinstance(self.facets, list):
            facets = []
            for facets_type_0_item_data in self.facets:
                facets_type_0_item = facets_type_0_item_data.to_dict()
                facets.append(facets_type_0_item)

        else:
            facets = self.facets

        token: None | str | Unset
        if isinstance(self.token, Unset):
            token = UNSET
        else:
            token = self.token

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "query": query,
                "ranking": ranking,
                "box": box,
                "confidence": confidence,
                "hits": hits,
            }
        )
        if facets is not UNSET:
            field_dict["facets"] = facets
        if token is not UNSET:
            field_dict["token"] = token

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.facet import Facet  # noqa: PLC0415
        from ..models.hit import Hit  # noqa: PLC0415

        d = dict(src_dict)
        query = d.pop("query")

        ranking = SearchResultRanking(d.pop("ranking"))

        box = []
        _box = d.pop("box")
        for box_item_data in _box:

            def _parse_box_item(data: object) -> float:
                return cast(float, data)

            box_item = _parse_box_item(box_item_data)

            box.append(box_item)

        confidence = d.pop("confidence")

        hits = []
        _hits = d.pop("hits")
        for hits_item_data in _hits:
            hits_item = Hit.from_dict(hits_item_data)

            hits.append(hits_item)

        def _parse_facets(data: object) -> list[Facet] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                facets_type_0 = []
                _facets_type_0 = data
                for facets_type_0_item_data in _facets_type_0:
                    facets_type_0_item = Facet.from_dict(facets_type_0_item_data)

                    facets_type_0.append(facets_type_0_item)

                return facets_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Facet] | None | Unset, data)

        facets = _parse_facets(d.pop("facets", UNSET))

        def _parse_token(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        token = _parse_token(d.pop("token", UNSET))

        search_result = cls(
            query=query,
            ranking=ranking,
            box=box,
            confidence=confidence,
            hits=hits,
            facets=facets,
            token=token,
        )

        search_result.additional_properties = d
        return search_result

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
