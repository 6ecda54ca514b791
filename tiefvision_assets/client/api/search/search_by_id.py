from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.search_by_id_by import SearchByIdBy
from ...models.search_by_id_ranking import SearchByIdRanking
from ...models.search_result import SearchResult
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    k: int | Unset = 10,
    ranking: SearchByIdRanking | Unset = SearchByIdRanking.SUPERVISED,
    where: str | Unset = UNSET,
    by: SearchByIdBy | Unset = SearchByIdBy.PHOTO,
    session: str | Unset = UNSET,
    facets: str | Unset = UNSET,
    hidden: bool | Unset = False,
    box: str | Unset = UNSET,
    id: str,
    more: list[str] | Unset = UNSET,
    less: list[str] | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["k"] = k

    json_ranking: str | Unset = UNSET
    if not isinstance(ranking, Unset):
        json_ranking = ranking.value

    params["ranking"] = json_ranking

    params["where"] = where

    json_by: str | Unset = UNSET
    if not isinstance(by, Unset):
        json_by = by.value

    params["by"] = json_by

    params["session"] = session

    params["facets"] = facets

    params["hidden"] = hidden

    params["box"] = box

    params["id"] = id

    json_more: list[str] | Unset = UNSET
    if not isinstance(more, Unset):
        json_more = more

    params["more"] = json_more

    json_less: list[str] | Unset = UNSET
    if not isinstance(less, Unset):
        json_less = less

    params["less"] = json_less

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/search",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | SearchResult | str | None:
    if response.status_code == 200:
        response_200 = SearchResult.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Error.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = response.text
        return response_401

    if response.status_code == 403:
        response_403 = response.text
        return response_403

    if response.status_code == 404:
        response_404 = Error.from_dict(response.json())

        return response_404

    if response.status_code == 503:
        response_503 = Error.from_dict(response.json())

        return response_503

    if 400 <= response.status_code <= 499:
        response_4xx = Error.from_dict(response.json())

        return response_4xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | SearchResult | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    k: int | Unset = 10,
    ranking: SearchByIdRanking | Unset = SearchByIdRanking.SUPERVISED,
    where: str | Unset = UNSET,
    by: SearchByIdBy | Unset = SearchByIdBy.PHOTO,
    session: str | Unset = UNSET,
    facets: str | Unset = UNSET,
    hidden: bool | Unset = False,
    box: str | Unset = UNSET,
    id: str,
    more: list[str] | Unset = UNSET,
    less: list[str] | Unset = UNSET,
) -> Response[Error | SearchResult | str]:
    """The photos most similar to a photo of the catalogue, itself left out.

     With `more` and `less`, by these examples together.

    Args:
        k (int | Unset): Hits wanted. Default: 10.
        ranking (SearchByIdRanking | Unset): By labels or by appearance alone. Default:
            SearchByIdRanking.SUPERVISED.
        where (str | Unset):
        by (SearchByIdBy | Unset): Hits: photos, or products by their best photo. Default:
            SearchByIdBy.PHOTO.
        session (str | Unset):
        facets (str | Unset):
        hidden (bool | Unset): Whether photos are found that are hidden as duplicates of others.
            Default: False.
        box (str | Unset):
        id (str): the image_id of the photo to search by
        more (list[str] | Unset): Image_ids of photos to be like as well; may be repeated.
        less (list[str] | Unset): Image_ids of photos to be unlike; may be repeated.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | SearchResult | str]
    """

    kwargs = _get_kwargs(
        k=k,
        ranking=ranking,
        where=where,
        by=by,
        session=session,
        facets=facets,
        hidden=hidden,
        box=box,
        id=id,
        more=more,
        less=less,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    k: int | Unset = 10,
    ranking: SearchByIdRanking | Unset = SearchByIdRanking.SUPERVISED,
    where: str | Unset = UNSET,
    by: SearchByIdBy | Unset = SearchByIdBy.PHOTO,
    session: str | Unset = UNSET,
    facets: str | Unset = UNSET,
    hidden: bool | Unset = False,
    box: str | Unset = UNSET,
    id: str,
    more: list[str] | Unset = UNSET,
    less: list[str] | Unset = UNSET,
) -> Error | SearchResult | str | None:
    """The photos most similar to a photo of the catalogue, itself left out.

     With `more` and `less`, by these examples together.

    Args:
        k (int | Unset): Hits wanted. Default: 10.
        ranking (SearchByIdRanking | Unset): By labels or by appearance alone. Default:
            SearchByIdRanking.SUPERVISED.
        where (str | Unset):
        by (SearchByIdBy | Unset): Hits: photos, or products by their best photo. Default:
            SearchByIdBy.PHOTO.
        session (str | Unset):
        facets (str | Unset):
        hidden (bool | Unset): Whether photos are found that are hidden as duplicates of others.
            Default: False.
        box (str | Unset):
        id (str): the image_id of the photo to search by
        more (list[str] | Unset): Image_ids of photos to be like as well; may be repeated.
        less (list[str] | Unset): Image_ids of photos to be unlike; may be repeated.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | SearchResult | str
    """

    return sync_detailed(
        client=client,
        k=k,
        ranking=ranking,
        where=where,
        by=by,
        session=session,
        facets=facets,
        hidden=hidden,
        box=box,
        id=id,
        more=more,
        less=less,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    k: int | Unset = 10,
    ranking: SearchByIdRanking | Unset = SearchByIdRanking.SUPERVISED,
    where: str | Unset = UNSET,
    by: SearchByIdBy | Unset = SearchByIdBy.PHOTO,
    session: str | Unset = UNSET,
    facets: str | Unset = UNSET,
    hidden: bool | Unset = False,
    box: str | Unset = UNSET,
    id: str,
    more: list[str] | Unset = UNSET,
    less: list[str] | Unset = UNSET,
) -> Response[Error | SearchResult | str]:
    """The photos most similar to a photo of the catalogue, itself left out.

     With `more` and `less`, by these examples together.

    Args:
        k (int | Unset): Hits wanted. Default: 10.
        ranking (SearchByIdRanking | Unset): By labels or by appearance alone. Default:
            SearchByIdRanking.SUPERVISED.
        where (str | Unset):
        by (SearchByIdBy | Unset): Hits: photos, or products by their best photo. Default:
            SearchByIdBy.PHOTO.
        session (str | Unset):
        facets (str | Unset):
        hidden (bool | Unset): Whether photos are found that are hidden as duplicates of others.
            Default: False.
        box (str | Unset):
        id (str): the image_id of the photo to search by
        more (list[str] | Unset): Image_ids of photos to be like as well; may be repeated.
        less (list[str] | Unset): Image_ids of photos to be unlike; may be repeated.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | SearchResult | str]
    """

    kwargs = _get_kwargs(
        k=k,
        ranking=ranking,
        where=where,
        by=by,
        session=session,
        facets=facets,
        hidden=hidden,
        box=box,
        id=id,
        more=more,
        less=less,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    k: int | Unset = 10,
    ranking: SearchByIdRanking | Unset = SearchByIdRanking.SUPERVISED,
    where: str | Unset = UNSET,
    by: SearchByIdBy | Unset = SearchByIdBy.PHOTO,
    session: str | Unset = UNSET,
    facets: str | Unset = UNSET,
    hidden: bool | Unset = False,
    box: str | Unset = UNSET,
    id: str,
    more: list[str] | Unset = UNSET,
    less: list[str] | Unset = UNSET,
) -> Error | SearchResult | str | None:
    """The photos most similar to a photo of the catalogue, itself left out.

     With `more` and `less`, by these examples together.

    Args:
        k (int | Unset): Hits wanted. Default: 10.
        ranking (SearchByIdRanking | Unset): By labels or by appearance alone. Default:
            SearchByIdRanking.SUPERVISED.
        where (str | Unset):
        by (SearchByIdBy | Unset): Hits: photos, or products by their best photo. Default:
            SearchByIdBy.PHOTO.
        session (str | Unset):
        facets (str | Unset):
        hidden (bool | Unset): Whether photos are found that are hidden as duplicates of others.
            Default: False.
        box (str | Unset):
        id (str): the image_id of the photo to search by
        more (list[str] | Unset): Image_ids of photos to be like as well; may be repeated.
        less (list[str] | Unset): Image_ids of photos to be unlike; may be repeated.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | SearchResult | str
    """

    return (
        await asyncio_detailed(
            client=client,
            k=k,
            ranking=ranking,
            where=where,
            by=by,
            session=session,
            facets=facets,
            hidden=hidden,
            box=box,
            id=id,
            more=more,
            less=less,
        )
    ).parsed
