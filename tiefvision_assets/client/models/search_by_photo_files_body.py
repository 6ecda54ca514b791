from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import types
from ..models.search_by_photo_files_body_by import SearchByPhotoFilesBodyBy
from ..models.search_by_photo_files_body_ranking import SearchByPhotoFilesBodyRanking
from ..types import UNSET, File, Unset

T = TypeVar("T", bound="SearchByPhotoFilesBody")


@_attrs_define
class SearchByPhotoFilesBody:
    """
    Attributes:
        photo (File):
        k (int | Unset): Hits wanted. Default: 10.
        ranking (SearchByPhotoFilesBodyRanking | Unset): By labels or by appearance alone. Default:
            SearchByPhotoFilesBodyRanking.SUPERVISED.
        where (str | Unset): An SQL condition on columns of photos and products, such as: width > 500 AND path LIKE
            'gowns/%'.
        by (SearchByPhotoFilesBodyBy | Unset): Hits: photos, or products by their best photo. Default:
            SearchByPhotoFilesBodyBy.PHOTO.
        session (str | Unset): A key of whoever searches, made up for this purpose; the answer then has a token for
            /api/feedback, where clicks are taken, and may interleave both rankings unless one is named.
        facets (str | Unset): Columns whose values are counted among all that where leaves: brand,price.
        hidden (bool | Unset): Whether photos are found that are hidden as duplicates of others. Default: False.
        box (str | Unset): The part of the photo to look at: left,top,right,bottom in its pixels.
    """

    photo: File
    k: int | Unset = 10
    ranking: SearchByPhotoFilesBodyRanking | Unset = SearchByPhotoFilesBodyRanking.SUPERVISED
    where: str | Unset = UNSET
    by: SearchByPhotoFilesBodyBy | Unset = SearchByPhotoFilesBodyBy.PHOTO
    session: str | Unset = UNSET
    facets: str | Unset = UNSET
    hidden: bool | Unset = False
    box: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        photo = self.photo.to_tuple()

        k = self.k

        ranking: str | Unset = UNSET
        if not isinstance(self.ranking, Unset):
            ranking = self.ranking.value

        where = self.where

        by: str | Unset = UNSET
        if not isinstance(self.by, Unset):
            by = self.by.value

        session = self.session

        facets = self.facets

        hidden = self.hidden

        box = self.box

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "photo": photo,
            }
        )
        if k is not UNSET:
            field_dict["k"] = k
        if ranking is not UNSET:
            field_dict["ranking"] = ranking
        if where is not UNSET:
            field_dict["where"] = where
        if by is not UNSET:
            field_dict["by"] = by
        if session is not UNSET:
            field_dict["session"] = session
        if facets is not UNSET:
            field_dict["facets"] = facets
        if hidden is not UNSET:
            field_dict["hidden"] = hidden
        if box is not UNSET:
            field_dict["box"] = box

        return field_dict

    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        files.append(("photo", self.photo.to_tuple()))

        if not isinstance(self.k, Unset):
            files.append(("k", (None, str(self.k).encode(), "text/plain")))

        if not isinstance(self.ranking, Unset):
            files.append(("ranking", (None, str(self.ranking.value).encode(), "text/plain")))

        if not isinstance(self.where, Unset):
            files.append(("where", (None, str(self.where).encode(), "text/plain")))

        if not isinstance(self.by, Unset):
            files.append(("by", (None, str(self.by.value).encode(), "text/plain")))

        if not isinstance(self.session, Unset):
            files.append(("session", (None, str(self.session).encode(), "text/plain")))

        if not isinstance(self.facets, Unset):
            files.append(("facets", (None, str(self.facets).encode(), "text/plain")))

        if not isinstance(self.hidden, Unset):
            files.append(("hidden", (None, str(self.hidden).encode(), "text/plain")))

        if not isinstance(self.box, Unset):
            files.append(("box", (None, str(self.box).encode(), "text/plain")))

        for prop_name, prop in self.additional_properties.items():
            files.append((prop_name, (None, str(prop).encode(), "text/plain")))

        return files

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        photo = File(payload=BytesIO(d.pop("photo")))

        k = d.pop("k", UNSET)

        _ranking = d.pop("ranking", UNSET)
        ranking: SearchByPhotoFilesBodyRanking | Unset
        if isinstance(_ranking, Unset):
            ranking = UNSET
        else:
            ranking = SearchByPhotoFilesBodyRanking(_ranking)

        where = d.pop("where", UNSET)

        _by = d.pop("by", UNSET)
        by: SearchByPhotoFilesBodyBy | Unset
        if isinstance(_by, Unset):
            by = UNSET
        else:
            by = SearchByPhotoFilesBodyBy(_by)

        session = d.pop("session", UNSET)

        facets = d.pop("facets", UNSET)

        hidden = d.pop("hidden", UNSET)

        box = d.pop("box", UNSET)

        search_by_photo_files_body = cls(
            photo=photo,
            k=k,
            ranking=ranking,
            where=where,
            by=by,
            session=session,
            facets=facets,
            hidden=hidden,
            box=box,
        )

        search_by_photo_files_body.additional_properties = d
        return search_by_photo_files_body

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
