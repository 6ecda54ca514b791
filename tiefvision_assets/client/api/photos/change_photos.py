from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.body_change_photos import BodyChangePhotos
from ...models.error import Error
from ...models.photo_changes import PhotoChanges
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: BodyChangePhotos | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/photos",
    }

    if not isinstance(body, Unset):
        _kwargs["files"] = body.to_multipart()

    headers["Content-Type"] = "multipart/form-data; boundary=+++"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | PhotoChanges | str | None:
    if response.status_code == 200:
        response_200 = PhotoChanges.from_dict(response.json())

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
) -> Response[Error | PhotoChanges | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: BodyChangePhotos | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[Error | PhotoChanges | str]:
    """Write and remove several photos.

     At most 100 photos of 64 MB together are written, and 1000 removed. All are checked before anything
    is written.

    Args:
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (BodyChangePhotos | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | PhotoChanges | str]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: BodyChangePhotos | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> Error | PhotoChanges | str | None:
    """Write and remove several photos.

     At most 100 photos of 64 MB together are written, and 1000 removed. All are checked before anything
    is written.

    Args:
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (BodyChangePhotos | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | PhotoChanges | str
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: BodyChangePhotos | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[Error | PhotoChanges | str]:
    """Write and remove several photos.

     At most 100 photos of 64 MB together are written, and 1000 removed. All are checked before anything
    is written.

    Args:
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (BodyChangePhotos | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | PhotoChanges | str]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: BodyChangePhotos | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> Error | PhotoChanges | str | None:
    """Write and remove several photos.

     At most 100 photos of 64 MB together are written, and 1000 removed. All are checked before anything
    is written.

    Args:
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (BodyChangePhotos | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | PhotoChanges | str
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
