"""Prints the API's description, from which `make client` generates the client."""

from __future__ import annotations

import json
import sys
from typing import Any

from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_ui.http.api.application import api


def description() -> dict[str, Any]:
    """What ``/api/openapi.json`` answers; no data folder is needed for it."""
    return api(Searcher(Settings())).openapi()


if __name__ == "__main__":
    json.dump(description(), sys.stdout, indent=2, ensure_ascii=False)
