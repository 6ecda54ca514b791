"""Comparing columns of texts without taking each text through Python."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def among(values: pd.Series, known: pd.Series) -> np.ndarray:
    """Which of these texts are among the known ones, (N,) truths.

    `pandas.Series.isin` makes a Python object of every text: .4 s for 100,000 of 64 characters, against .02 s.
    """
    found = pc.is_in(pa.array(values, pa.large_string()), value_set=pa.array(known, pa.large_string()))
    return found.to_numpy(zero_copy_only=False).astype(bool)
