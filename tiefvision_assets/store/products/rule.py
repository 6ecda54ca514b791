"""Rules about pairs of products, such as ``hit.category = query.category AND hit.price < 1.3 * query.price``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tiefvision_assets.store.products.table import Products
from tiefvision_assets.store.where import Condition

QUERY, HIT = "query.", "hit."


class Rule:
    """A condition on the columns of two products: ``query.price`` of the one, ``hit.price`` of the other."""

    def __init__(self, text: str, products: Products) -> None:
        """Raises `BadFilter` for a rule that is none, or names columns that the products have not."""
        self._condition = Condition(text)
        self._pairs = _Pairs(products, 0)
        self.columns = sorted({_column(name) for name in self._condition.names(self._pairs)})
        """The products' columns that the rule is about."""
        self._condition.rows(_Pairs(products, None))

    def allows(self, query: int) -> np.ndarray:
        """(P,) whether each product may stand beside the one of that row."""
        self._pairs.query = query
        return self._condition.rows(self._pairs)


class _Pairs:
    """The columns of every product as ``hit.…``, and those of one product, the same for all, as ``query.…``."""

    def __init__(self, products: Products, query: int | None) -> None:
        self._products = products
        self.query = query
        self._hits: dict[str, Any] = {}
        self.column_names = [side + name for side in (QUERY, HIT) for name in products.names]

    def __getitem__(self, name: str) -> Any:
        column = _column(name)
        if column not in self._hits:
            self._hits[column] = self._products.table[column].combine_chunks()
        values = self._hits[column]
        if name.startswith(HIT):
            return values
        return values[self.query] if self.query is not None else pa.scalar(None, values.type)

    def __len__(self) -> int:
        return len(self._products)


def _column(name: str) -> str:
    return name.removeprefix(QUERY).removeprefix(HIT)
