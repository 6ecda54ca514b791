"""The ASGI application: Streamlit's pages, the JSON API, and the routes that serve photos and take commits."""

from __future__ import annotations

import gc
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tiefvision_assets.settings import Settings
from tiefvision_assets.store.memory import DECODING
from tiefvision_assets.store.staging import Staging
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.uploads import Uploads
from tiefvision_ui import services
from tiefvision_ui.access.front import front
from tiefvision_ui.access.guard import guarded
from tiefvision_ui.arrivals.jobs import keep_clean
from tiefvision_ui.http.api.application import api_routes
from tiefvision_ui.http.commits import commit_routes
from tiefvision_ui.http.images import photo_routes
from tiefvision_ui.http.maps import map_routes
from tiefvision_ui.http.uploads import upload_routes
from tiefvision_ui.language.requests import in_readers_language
from tiefvision_ui.photo_queue import DECODING_BYTES


async def healthz(request: Request) -> JSONResponse:
    """Answer that the server is up, whatever its threads are busy with."""
    return JSONResponse({"status": "ok"})


DECODING.limit_to(DECODING_BYTES)
store = Store(Settings())
keep_clean(Staging(store.layout.arrivals), Uploads(store.layout.uploads))
app = st.App(
    Path(__file__).with_name("app.py"),
    routes=[
        *guarded(api_routes(services.searcher()), store.settings),
        *in_readers_language(
            guarded([*photo_routes(store), *commit_routes(), *upload_routes(), *map_routes()], store.settings)
        ),
        Route("/healthz", healthz),
    ],
    middleware=front(store.settings),
)
# Streamlit collects all garbage after each run of a page; what was imported never is any, and need not be gone through.
gc.collect()
gc.freeze()
