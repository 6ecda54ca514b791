"""``/api/duplicates``: groups of photos of one shot, and what is decided about them."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Query, Request
from pydantic import Field

from tiefvision_assets.lineage.duplicate_listing import DuplicateGroups, Show, documents
from tiefvision_assets.search.request import MAX_HITS
from tiefvision_ui.http.api import answers
from tiefvision_ui.http.api.dependencies import SearcherOfApp
from tiefvision_ui.http.api.errors import responses
from tiefvision_ui.http.api.parameters import Parameters

router = APIRouter(tags=["duplicates"])


class DuplicateParameters(Parameters):
    """Those of the list of groups."""

    show: Show = Field("open", description="Groups to decide about, decided ones, or photos that only look alike.")
    limit: Annotated[int, Field(ge=1, le=MAX_HITS, description="Groups listed at most.")] = 100
    offset: Annotated[int, Field(ge=0, description="Groups that are passed over first.")] = 0


@router.get(
    "/duplicates",
    operation_id="duplicates",
    summary="Groups of photos of one shot, and in what these differ.",
    response_description="The groups, by the path of their first photo.",
    responses=responses(400, 503),
)
def duplicates(
    options: Annotated[DuplicateParameters, Query()], searcher: SearcherOfApp, request: Request
) -> answers.DuplicateGroups:
    """Hidden photos are left out of searches unless these ask for them by `hidden`."""
    found = cast(DuplicateGroups, request.app.state.duplicates).now()
    groups = found.shown(options.show)
    listed = groups[options.offset : options.offset + options.limit]
    return answers.DuplicateGroups(
        total=len(groups),
        hidden=len(found.hidden),
        rule=found.decisions.rule.keep if found.decisions.rule else None,
        groups=[answers.DuplicateGroup(**each) for each in documents(searcher.store, found, listed)],
    )
