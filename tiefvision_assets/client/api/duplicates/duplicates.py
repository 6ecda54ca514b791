from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.duplicate_groups import DuplicateGroups
from ...models.duplicates_show import DuplicatesShow
from ...models.error import Error
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    show: DuplicatesShow | Unset = DuplicatesShow.OPEN,
    limit: int | Unset = 100,
    offset: int | Unset = 0,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_show: str | Unset = UNSET
    if not isinstance(show, Unset):
        json_show = show.value

    params["show"] = json_show

    params["limit"] = limit

    params["offset"] = offset

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/duplicates",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DuplicateGroups | Error | str | None:
    if response.status_code == 200:
        response_200 = DuplicateGroups.from_dict(response.json())

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
) -> Response[DuplicateGroups | Error | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    show: DuplicatesShow | Unset = DuplicatesShow.OPEN,
    limit: int | Unset = 100,
    offset: int | Unset = 0,
) -> Response[DuplicateGroups | Error | str]:
    """Groups of photos of one shot, and in what these differ.

     Hidden photos are left out of searches unless these ask for them by `hidden`.

    Args:
        show (DuplicatesShow | Unset): Groups to decide about, decided ones, or photos that only
            look alike. Default: DuplicatesShow.OPEN.
        limit (int | Unset): Groups listed at most. Default: 100.
        offset (int | Unset): Groups that are passed over first. Default: 0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DuplicateGroups | Error | str]
    """

    kwargs = _get_kwargs(
        show=show,
        limit=limit,
        offset=offset,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    show: DuplicatesShow | Unset = DuplicatesShow.OPEN,
    limit: int | Unset = 100,
    offset: int | Unset = 0,
) -> DuplicateGroups | Error | str | None:
    """Groups of photos of one shot, and in what these differ.

     Hidden photos are left out of searches unless these ask for them by `hidden`.

    Args:
        show (DuplicatesShow | Unset): Groups to decide about, decided ones, or photos that only
            look alike. Default: DuplicatesShow.OPEN.
        limit (int | Unset): Groups listed at most. Default: 100.
        offset (int | Unset): Groups that are passed over first. Default: 0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DuplicateGroups | Error | str
    """

    return sync_detailed(
        client=client,
        show=show,
        limit=limit,
        offset=offset,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    show: DuplicatesShow | Unset = DuplicatesShow.OPEN,
    limit: int | Unset = 100,
    offset: int | Unset = 0,
) -> Response[DuplicateGroups | Error | str]:
    """Groups of photos of one shot, and in what these differ.

     Hidden photos are left out of searches unless these ask for them by `hidden`.

    Args:
        show (DuplicatesShow | Unset): Groups to decide about, decided ones, or photos that only
            look alike. Default: DuplicatesShow.OPEN.
        limit (int | Unset): Groups listed at most. Default: 100.
        offset (int | Unset): Groups that are passed over first. Default: 0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DuplicateGroups | Error | str]
    """

    kwargs = _get_kwargs(
        show=show,
        limit=limit,
        offset=offset,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    show: DuplicatesShow | Unset = DuplicatesShow.OPEN,
    limit: int | Unset = 100,
    offset: int | Unset = 0,
) -> DuplicateGroups | Error | str | None:
    """Groups of photos of one shot, and in what these differ.

     Hidden photos are left out of searches unless these ask for them by `hidden`.

    Args:
        show (DuplicatesShow | Unset): Groups to decide about, decided ones, or photos that only
            look alike. Default: DuplicatesShow.OPEN.
        limit (int | Unset): Groups listed at most. Default: 100.
        offset (int | Unset): Groups that are passed over first. Default: 0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DuplicateGroups | Error | str
    """

    return (
        await asyncio_detailed(
            client=client,
            show=show,
            limit=limit,
            offset=offset,
        )
    ).parsed
