"""Requests that Schemathesis makes out of the API's own description: no 500, and no answer that is not described."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.ui.small_catalogue import FakeSearcher
from tests.ui.tokens import token_settings
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_ui.access.front import front
from tiefvision_ui.http.api.application import api, api_routes

HERE = "testserver"
NO_SUCH_METHODS = ["PUT", "PATCH", "DELETE", "TRACE", "BREW"]


class Served:
    """What answers: the API that the tests were read from, and in each test the app over its own store."""

    def __init__(self) -> None:
        self.app: ASGIApp = api(Searcher(Settings()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


served = Served()
described = schemathesis.openapi.from_asgi("/api/openapi.json", served)
WRITER = {"Authorization": "Bearer tv_shop"}
few_or_many = settings(suppress_health_check=list(HealthCheck), deadline=None, derandomize=True, max_examples=120)
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload media types"),  # HEIC, AVIF
]


@pytest.fixture(autouse=True)
def app_before_its_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API behind the app's front, as it is served, and searches that need no weights."""
    settings = store.settings.model_copy(update={"hosts": frozenset({HERE}), "api_tokens": token_settings()})
    routes = api_routes(FakeSearcher(settings))
    monkeypatch.setattr(served, "app", Starlette(routes=routes, middleware=front(settings)))


def served_methods(case: schemathesis.Case) -> set[str]:
    """Those that the description has for the path of a case."""
    return set(case.operation.schema.raw_schema["paths"][case.operation.path])


@described.parametrize()
@few_or_many
def test_every_answer_is_one_of_those_described(case: schemathesis.Case) -> None:
    # Conditions, boxes, paths and ids are strings to the description; which strings they are is told in a sentence.
    case.call_and_validate(headers=WRITER, excluded_checks=[CHECKS.get_one("positive_data_acceptance")])


@described.parametrize()
@settings(few_or_many, max_examples=20)
def test_without_a_token_every_refusal_is_described(case: schemathesis.Case) -> None:
    case.call_and_validate(excluded_checks=[CHECKS.get_one("positive_data_acceptance")])


@described.parametrize()
@settings(few_or_many, max_examples=20)
def test_no_other_host_is_answered_for(case: schemathesis.Case) -> None:
    assert case.call(headers={"Host": "photos.example.org"}).status_code == 421


@described.parametrize()
@settings(few_or_many, max_examples=20)
def test_no_other_method_is_taken(case: schemathesis.Case) -> None:
    described_here = {name.upper() for name in served_methods(case)}
    for method in [method for method in NO_SUCH_METHODS if method not in described_here]:
        case.method = method
        response = case.call(headers={"Origin": f"http://{HERE}"})
        assert response.status_code in (404, 405), method
        assert response.json()["error"].endswith(".")
