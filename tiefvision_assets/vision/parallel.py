"""Running many small tensor programs in parallel, each on one thread.

On a shared machine PyTorch's own threads wait for each other at every operation: training one head took 170 ms a step
with two threads beside another busy process, and 11 ms with one thread. So work is split by photo or by model instead,
which also makes results independent of the number of cores.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from tiefvision_assets.cores import cores

Item = TypeVar("Item")
Result = TypeVar("Result")


def parallel_map(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """``function`` of each item, in order, on as many threads as cores; only a few items are held at a time."""
    workers = cores()
    with on_one_thread(), ThreadPoolExecutor(workers) as pool:
        remaining = iter(items)
        pending: deque[Future[Result]] = deque(pool.submit(function, item) for item in islice(remaining, 2 * workers))
        try:
            while pending:
                yield pending.popleft().result()
                pending.extend(pool.submit(function, item) for item in islice(remaining, 1))
        finally:
            for future in pending:
                future.cancel()


@lru_cache(maxsize=1)
def _libraries(modules: int) -> ThreadpoolController:
    """The libraries that multiply matrices, looked for again when there are more modules: that takes 2 ms."""
    return ThreadpoolController()


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Within the block, products of matrices take one thread each: NumPy's, and PyTorch's where somebody loaded it."""
    torch = sys.modules.get("torch")
    threads_before = torch.get_num_threads() if torch else 0
    if torch:
        torch.set_num_threads(1)
    try:
        with _libraries(len(sys.modules)).limit(limits=1, user_api="blas"):
            yield
    finally:
        if torch:
            torch.set_num_threads(threads_before)
