from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.feedback_feedback import FeedbackFeedback
from ...models.feedback_taken import FeedbackTaken
from ...types import Response


def _get_kwargs(
    *,
    body: FeedbackFeedback,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/feedback",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | FeedbackTaken | str | None:
    if response.status_code == 200:
        response_200 = FeedbackTaken.from_dict(response.json())

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
) -> Response[Error | FeedbackTaken | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: FeedbackFeedback,
) -> Response[Error | FeedbackTaken | str]:
    """Take what somebody did with the hits of a search: clicked, bought, or said that one is wrong.

     Only where `TIEFVISION_FEEDBACK=on`. May be sent several times about one answer.

    Args:
        body (FeedbackFeedback): What is sent: no personal data, and none that would be kept.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | FeedbackTaken | str]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: FeedbackFeedback,
) -> Error | FeedbackTaken | str | None:
    """Take what somebody did with the hits of a search: clicked, bought, or said that one is wrong.

     Only where `TIEFVISION_FEEDBACK=on`. May be sent several times about one answer.

    Args:
        body (FeedbackFeedback): What is sent: no personal data, and none that would be kept.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | FeedbackTaken | str
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: FeedbackFeedback,
) -> Response[Error | FeedbackTaken | str]:
    """Take what somebody did with the hits of a search: clicked, bought, or said that one is wrong.

     Only where `TIEFVISION_FEEDBACK=on`. May be sent several times about one answer.

    Args:
        body (FeedbackFeedback): What is sent: no personal data, and none that would be kept.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | FeedbackTaken | str]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: FeedbackFeedback,
) -> Error | FeedbackTaken | str | None:
    """Take what somebody did with the hits of a search: clicked, bought, or said that one is wrong.

     Only where `TIEFVISION_FEEDBACK=on`. May be sent several times about one answer.

    Args:
        body (FeedbackFeedback): What is sent: no personal data, and none that would be kept.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | FeedbackTaken | str
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
