import pandas as pd
import pytest

from tiefvision_assets.store import fingerprint as module
from tiefvision_assets.store.fingerprint import fingerprint, fingerprint_of_rows


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_the_fingerprint_of_rows_is_that_of_their_list(count, monkeypatch):
    monkeypatch.setattr(module, "_AT_ONCE", 3)
    rows = pd.DataFrame({"path": [f"ü {number}.jpg" for number in range(count)], "sha256": ["ab"] * count})
    assert fingerprint_of_rows("photos", rows) == fingerprint(photos=rows.to_numpy().tolist())
