from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.written_photo import WrittenPhoto
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    path: str,
    *,
    body: File,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/photos/{path}".format(
            path=quote(str(path), safe=""),
        ),
    }

    _kwargs["content"] = body.payload.read()
    headers["Content-Type"] = "application/octet-stream"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | WrittenPhoto | str | None:
    if response.status_code == 200:
        response_200 = WrittenPhoto.from_dict(response.json())

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

    if response.status_code == 409:
        response_409 = Error.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Error.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Error.from_dict(response.json())

        return response_422

    if response.status_code == 503:
        response_503 = Error.from_dict(response.json())

        return response_503

    if response.status_code == 507:
        response_507 = Error.from_dict(response.json())

        return response_507

    if 400 <= response.status_code <= 499:
        response_4xx = Error.from_dict(response.json())

        return response_4xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | WrittenPhoto | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    path: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[Error | WrittenPhoto | str]:
    """Write a photo below the raw folder, in place of one that is there.

     The photo's file is the body, of at most 15 MB.

    Args:
        path (str): Below the raw folder, with forward slashes: gowns/a17-front.jpg.
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | WrittenPhoto | str]
    """

    kwargs = _get_kwargs(
        path=path,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    path: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
    idempotency_key: None | str | Unset = UNSET,
) -> Error | WrittenPhoto | str | None:
    """Write a photo below the raw folder, in place of one that is there.

     The photo's file is the body, of at most 15 MB.

    Args:
        path (str): Below the raw folder, with forward slashes: gowns/a17-front.jpg.
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | WrittenPhoto | str
    """

    return sync_detailed(
        path=path,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    path: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[Error | WrittenPhoto | str]:
    """Write a photo below the raw folder, in place of one that is there.

     The photo's file is the body, of at most 15 MB.

    Args:
        path (str): Below the raw folder, with forward slashes: gowns/a17-front.jpg.
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | WrittenPhoto | str]
    """

    kwargs = _get_kwargs(
        path=path,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    path: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
    idempotency_key: None | str | Unset = UNSET,
) -> Error | WrittenPhoto | str | None:
    """Write a photo below the raw folder, in place of one that is there.

     The photo's file is the body, of at most 15 MB.

    Args:
        path (str): Below the raw folder, with forward slashes: gowns/a17-front.jpg.
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | WrittenPhoto | str
    """

    return (
        await asyncio_detailed(
            path=path,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
