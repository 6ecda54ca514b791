import threading
from collections.abc import Iterator

import pytest
import torch

from tiefvision_assets.vision import parallel
from tiefvision_assets.vision.parallel import parallel_map


@pytest.fixture(autouse=True)
def four_cores(monkeypatch):
    monkeypatch.setattr(parallel, "cores", lambda: 4)


def test_results_come_in_order_however_the_threads_end():
    second_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second_done.wait(10)
        if number == 1:
            second_done.set()
        return number * number

    assert list(parallel_map(work, range(50))) == [number * number for number in range(50)]


def test_few_items_are_held_at_a_time():
    taken = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = parallel_map(lambda number: number, items())
    for _ in range(10):
        next(results)
    assert len(taken) <= 20
    results.close()


def test_each_item_runs_on_one_thread_and_torchs_own_come_back():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert list(parallel_map(lambda _: torch.get_num_threads(), range(8))) == [1] * 8
        assert torch.get_num_threads() == 2
        results = parallel_map(lambda number: number, range(8))
        next(results)
        results.close()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_an_error_reaches_the_caller_and_later_items_are_not_begun():
    begun = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise ZeroDivisionError
        return number

    results = parallel_map(work, range(1000))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert len(begun) < 20


def test_nothing_in_nothing_out():
    assert list(parallel_map(lambda item: item, [])) == []
