"""What routes need of the application that they belong to."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from tiefvision_assets.search.searcher import Searcher


async def _searcher(request: Request) -> Searcher:
    return cast(Searcher, request.app.state.searcher)


SearcherOfApp = Annotated[Searcher, Depends(_searcher)]
"""The searcher that the API was made over."""
