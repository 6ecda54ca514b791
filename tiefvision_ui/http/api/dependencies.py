"""What routes need of the application that they belong to."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from tiefvision_assets.search.feedback import FollowedSearches
from tiefvision_assets.search.searcher import Searcher


async def _searcher(request: Request) -> Searcher:
    return cast(Searcher, request.app.state.searcher)


SearcherOfApp = Annotated[Searcher, Depends(_searcher)]
"""The searcher that the API was made over."""


async def _followed(request: Request) -> FollowedSearches:
    return cast(FollowedSearches, request.app.state.followed)


FollowedOfApp = Annotated[FollowedSearches, Depends(_followed)]
"""The searches of that searcher, and the feedback about them."""
