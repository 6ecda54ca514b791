"""Photos that exiftool, ImageMagick, LittleCMS, libheif and libavif write land upright, in full size and in sRGB.

What they have to look like is told by LittleCMS' own tools and ImageMagick, not by the code that is tested.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.other_tools import INSTALL, MISSING, PHOTOS, begin, carry_out
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.photos import open_photo
from tiefvision_assets.store.store import Store

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)} ({INSTALL})"),
]

CLOSE = 3
"""Of 255: on average of lossy photos, at most of others."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tools")
    begin(made)
    return made


@pytest.mark.parametrize("name", sorted(PHOTOS))
def test_a_photo_of_another_tool_looks_as_its_tool_says(folder: Path, name: str) -> None:
    written = PHOTOS[name]
    carry_out(written.commands, folder)
    reference = "base.png"
    if written.reference:
        carry_out(written.reference, folder)
        reference = written.reference.split()[-1]
    expected = Image.open(folder / reference).convert("RGB")
    photo = open_photo(folder / written.file)
    assert photo.size == expected.size
    differences = np.abs(np.asarray(photo, dtype=int) - np.asarray(expected, dtype=int))
    far = differences.max() if written.lossless else differences.mean()
    assert far <= CLOSE, f"{differences.mean():.2f} of 255 off on average, {differences.max()} at most"


def test_all_of_them_are_in_the_catalogue(folder: Path, tmp_path: Path) -> None:
    store = Store(Settings(data=tmp_path))
    store.settings.raw_dir.mkdir()
    for number, name in enumerate(sorted(PHOTOS)):
        carry_out(PHOTOS[name].commands, folder)
        file = PHOTOS[name].file
        (store.settings.raw_dir / f"{number}{Path(file).suffix}").write_bytes((folder / file).read_bytes())
    report = store.catalogue.scan()
    assert (report.photos, report.quarantined, report.noted) == (len(PHOTOS), 0, 0)
    assert len(PHOTOS) >= 30
