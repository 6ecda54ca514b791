"""The stages of work in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

from babel import Locale

import tiefvision_assets.assets
from tiefvision_ui.language.texts import speaking
from tiefvision_ui.start.stages import STAGES, stage_name

ASSETS = Path(tiefvision_assets.assets.__file__).parent


def test_every_stage_that_an_asset_tells_of_can_be_translated() -> None:
    told = {name for file in ASSETS.glob("*.py") for name in re.findall(r'\.stage\("([^"]+)"\)', file.read_text())}
    assert told and {name for name in told if not name.startswith("Training ")} <= STAGES


def test_stages_are_named_in_the_readers_language_where_they_are_known() -> None:
    with speaking(Locale("de")):
        assert stage_name("Scanning photos") == "Fotos werden eingelesen"
        assert stage_name("Training box_heads") == "Training von box_heads"
        assert stage_name("Something of a plugin") == "Something of a plugin"
    assert stage_name("Training box_heads") == "Training box_heads"
