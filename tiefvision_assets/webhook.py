"""Posting to a webhook: taken is what its own address answered with success."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from typing import Any

TIMEOUT_S = 10
"""A webhook that takes longer counts as failed; Dagster gives a whole sensor 60 seconds."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST that is redirected would be sent on as a GET without its body, and its answer taken for success."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def send(webhook: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Post the body; `OSError` or `http.client.HTTPException` where it was not taken, also for a redirection."""
    request = urllib.request.Request(webhook, body, dict(headers))
    with _opener.open(request, timeout=TIMEOUT_S):
        pass
