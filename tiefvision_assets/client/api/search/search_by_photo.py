from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.search_by_photo_by import SearchByPhotoBy
from ...models.search_by_photo_files_body import SearchByPhotoFilesBody
from ...models.search_by_photo_ranking import SearchByPhotoRanking
from ...models.search_result import SearchResult
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    *,
    body: File | SearchByPhotoFilesBody | Unset = UNSET,
    k: int | Unset = 10,
    ranking: SearchByPhotoRanking | Unset = SearchByPhotoRanking.SUPERVISED,
    where: str | Unset = UNSET,
    by: SearchByPhotoBy | Unset = SearchByPhotoBy.PHOTO,
    session: str | Unset = UNSET,
    facets: str | Unset = UNSET,
    hidden: bool | Unset = False,
    box: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

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

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/search",
        "params": params,
    }

    if isinstance(body, File):
        _kwargs["content"] = body.payload.read()
        headers["Content-Type"] = "image/jpeg"
    if isinstance(body, SearchByPhotoFilesBody):
        _kwargs["files"] = body.to_multipart()

        headers["Content-Type"] = "multipart/form-data; boundary=+++"

    _kwargs["headers"] = headers
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

    if response.status_code == 408:
        response_408 = Error.from_dict(response.json())

        return response_408

    if response.status_code == 413:
        response_413 = Error.from_dict(response.json())

        return response_413

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
    body: File | SearchByPhotoFilesBody | Unset = UNSET,
    k: int | Unset = 10,
    ranking: SearchByPhotoRanking | Unset = SearchByPhotoRanking.SUPERVISED,
    where: str | Unset = UNSET,
    by: SearchByPhotoBy | Unset = SearchByPhotoBy.PHOTO,
    session: str | Unset = UNSET,
    facets: str | Unset = UNSET,
    hidden: bool | Unset = False,
    box: str | Unset = UNSET,
) -> Response[Error | SearchResult | str]:
    """The photos most similar to the object on an uploaded photo; the upload is not stored.

     The photo is the body, or the field photo of a form; at most 15 MB.

    Args:
        k (int | Unset): Hits wanted. Default: 10.
        ranking (SearchByPhotoRanking | Unset): By labels or by appearance alone. Default:
            SearchByPhotoRanking.SUPERVISED.
        where (str | Unset):
        by (SearchByPhotoBy | Unset): Hits: photos, or products by their best photo. Default:
            SearchByPhotoBy.PHOTO.
        session (str | Unset):
        facets (str | Unset):
        hidden (bool | Unset): Whether photos are found that are hidden as duplicates of others.
            Default: False.
        box (str | Unset):
        body (File):
        body (SearchByPhotoFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | SearchResult | str]
    """

    kwargs = _get_kwargs(
        body=body,
        k=k,
        ranking=ranking,
        where=where,
        by=by,
        session=session,
        facets=facets,
        hidden=hidden,
        box=box,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: File | SearchByPhotoFilesBody | Unset = UNSET,
    k: int | Unset = 10,
    ranking: SearchByPhotoRanking | Unset = SearchByPhotoRanking.SUPERVISED,
    where: str | Unset = UNSET,
    by: SearchByPhotoBy | Unset = SearchByPhotoBy.PHOTO,
    session: str | Unset = UNSET,
    facets: str | Unset = UNSET,
    hidden: bool | Unset = False,
    box: str | Unset = UNSET,
) -> Error | SearchResult | str | None:
    """The photos most similar to the object on an uploaded photo; the upload is not stored.

     The photo is the body, or the field photo of a form; at most 15 MB.

    Args:
        k (int | Unset): Hits wanted. Default: 10.
        ranking (SearchByPhotoRanking | Unset): By labels or by appearance alone. Default:
            SearchByPhotoRanking.SUPERVISED.
        where (str | Unset):
        by (SearchByPhotoBy | Unset): Hits: photos, or products by their best photo. Default:
            SearchByPhotoBy.PHOTO.
        session (str | Unset):
        facets (str | Unset):
        hidden (bool | Unset): Whether photos are found that are hidden as duplicates of others.
            Default: False.
        box (str | Unset):
        body (File):
        body (SearchByPhotoFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | SearchResult | str
    """

    return sync_detailed(
        client=client,
        body=body,
        k=k,
        ranking=ranking,
        where=where,
        by=by,
        session=session,
        facets=facets,
        hidden=hidden,
        box=box,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: File | SearchByPhotoFilesBody | Unset = UNSET,
    k: int | Unset = 10,
    ranking: SearchByPhotoRanking | Unset = SearchByPhotoRanking.SUPERVISED,
    where: str | Unset = UNSET,
    by: SearchByPhotoBy | Unset = SearchByPhotoBy.PHOTO,
    session: str | Unset = UNSET,
    facets: str | Unset = UNSET,
    hidden: bool | Unset = False,
    box: str | Unset = UNSET,
) -> Response[Error | SearchResult | str]:
    """The photos most similar to the object on an uploaded photo; the upload is not stored.

     The photo is the body, or the field photo of a form; at most 15 MB.

    Args:
        k (int | Unset): Hits wanted. Default: 10.
        ranking (SearchByPhotoRanking | Unset): By labels or by appearance alone. Default:
            SearchByPhotoRanking.SUPERVISED.
        where (str | Unset):
        by (SearchByPhotoBy | Unset): Hits: photos, or products by their best photo. Default:
            SearchByPhotoBy.PHOTO.
        session (str | Unset):
        facets (str | Unset):
        hidden (bool | Unset): Whether photos are found that are hidden as duplicates of others.
            Default: False.
        box (str | Unset):
        body (File):
        body (SearchByPhotoFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | SearchResult | str]
    """

    kwargs = _get_kwargs(
        body=body,
        k=k,
        ranking=ranking,
        where=where,
        by=by,
        session=session,
        facets=facets,
        hidden=hidden,
        box=box,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: File | SearchByPhotoFilesBody | Unset = UNSET,
    k: int | Unset = 10,
    ranking: SearchByPhotoRanking | Unset = SearchByPhotoRanking.SUPERVISED,
    where: str | Unset = UNSET,
    by: SearchByPhotoBy | Unset = SearchByPhotoBy.PHOTO,
    session: str | Unset = UNSET,
    facets: str | Unset = UNSET,
    hidden: bool | Unset = False,
    box: str | Unset = UNSET,
) -> Error | SearchResult | str | None:
    """The photos most similar to the object on an uploaded photo; the upload is not stored.

     The photo is the body, or the field photo of a form; at most 15 MB.

    Args:
        k (int | Unset): Hits wanted. Default: 10.
        ranking (SearchByPhotoRanking | Unset): By labels or by appearance alone. Default:
            SearchByPhotoRanking.SUPERVISED.
        where (str | Unset):
        by (SearchByPhotoBy | Unset): Hits: photos, or products by their best photo. Default:
            SearchByPhotoBy.PHOTO.
        session (str | Unset):
        facets (str | Unset):
        hidden (bool | Unset): Whether photos are found that are hidden as duplicates of others.
            Default: False.
        box (str | Unset):
        body (File):
        body (SearchByPhotoFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | SearchResult | str
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            k=k,
            ranking=ranking,
            where=where,
            by=by,
            session=session,
            facets=facets,
            hidden=hidden,
            box=box,
        )
    ).parsed
