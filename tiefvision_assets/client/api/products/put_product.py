from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.changed_products import ChangedProducts
from ...models.error import Error
from ...models.product_content import ProductContent
from ...types import UNSET, Response, Unset


def _get_kwargs(
    product_id: str,
    *,
    body: ProductContent,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/products/{product_id}".format(
            product_id=quote(str(product_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ChangedProducts | Error | str | None:
    if response.status_code == 200:
        response_200 = ChangedProducts.from_dict(response.json())

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
) -> Response[ChangedProducts | Error | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    product_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: ProductContent,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[ChangedProducts | Error | str]:
    """Write a product, in place of what was written of it or what the feed says.

     Searches know it as soon as the feed was taken over, within a minute.

    Args:
        product_id (str): The product's id.
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (ProductContent): A product without its id.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ChangedProducts | Error | str]
    """

    kwargs = _get_kwargs(
        product_id=product_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    product_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: ProductContent,
    idempotency_key: None | str | Unset = UNSET,
) -> ChangedProducts | Error | str | None:
    """Write a product, in place of what was written of it or what the feed says.

     Searches know it as soon as the feed was taken over, within a minute.

    Args:
        product_id (str): The product's id.
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (ProductContent): A product without its id.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ChangedProducts | Error | str
    """

    return sync_detailed(
        product_id=product_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    product_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: ProductContent,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[ChangedProducts | Error | str]:
    """Write a product, in place of what was written of it or what the feed says.

     Searches know it as soon as the feed was taken over, within a minute.

    Args:
        product_id (str): The product's id.
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (ProductContent): A product without its id.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ChangedProducts | Error | str]
    """

    kwargs = _get_kwargs(
        product_id=product_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    product_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: ProductContent,
    idempotency_key: None | str | Unset = UNSET,
) -> ChangedProducts | Error | str | None:
    """Write a product, in place of what was written of it or what the feed says.

     Searches know it as soon as the feed was taken over, within a minute.

    Args:
        product_id (str): The product's id.
        idempotency_key (None | str | Unset): A text of the sender's. The same request with it has
            one effect within 24 hours, and gets the answer that was given.
        body (ProductContent): A product without its id.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ChangedProducts | Error | str
    """

    return (
        await asyncio_detailed(
            product_id=product_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
