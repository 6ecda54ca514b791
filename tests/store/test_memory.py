"""The budget of memory for decoding: shared by threads, and never a reason to wait for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tiefvision_assets.store.memory import MemoryBudget


@pytest.mark.parametrize(("limit", "together"), [(10, 2), (5, 1)])
def test_threads_use_no_more_than_the_budget_together(limit: int, together: int):
    budget = MemoryBudget(10)
    budget.limit_to(limit)
    at_work, most = [0], []
    met = Barrier(2)

    def decode(_: int) -> None:
        with budget.reserved(5):
            at_work[0] += 1
            most.append(at_work[0])
            if together == 2:
                met.wait(30)
            at_work[0] -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(decode, range(4)))
    assert max(most) == together


def test_who_needs_more_than_there_is_gets_all_of_it_alone():
    budget, at_work = MemoryBudget(10), []

    def decode(number: int) -> None:
        with budget.reserved(1000):
            at_work.append(number)
            assert at_work == [number]
            at_work.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decode, range(200)))
