"""Similar products in a database of the shop's: what fails is told without a password."""

from __future__ import annotations

import pandas as pd
import pytest

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.products.similar import COLUMNS, write_to_database


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop:secret@127.0.0.1:1/shop",
        "postgresql://shop@127.0.0.1:1/shop?password=secret",
        "postgresql://shop:se@cret@127.0.0.1:1/shop",
        "postgresql://shop:secret@127.0.0.1:port/shop",
        "mysql://shop:secret@127.0.0.1/shop",
    ],
)
def test_a_database_that_cannot_be_written_is_a_sentence_without_a_password(url: str) -> None:
    with pytest.raises(TiefVisionError) as caught:
        write_to_database(url, pd.DataFrame(columns=COLUMNS))
    sentence = str(caught.value)
    assert "cret" not in sentence and "\n" not in sentence and sentence.endswith(".")
