import os
import signal
import subprocess
import sys
import threading
from itertools import islice
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from tests.commands import wait_for
from tiefvision_assets.demo.drawing import drawn

KILLED = """
from functools import partial
from pathlib import Path
from tests.demo.test_drawing import never_ends
from tiefvision_assets.demo import drawing

drawing.cores = lambda: 2
list(drawing.drawn(partial(never_ends, Path({folder!r})), 100))
"""


@pytest.fixture(autouse=True)
def plain_main(monkeypatch: pytest.MonkeyPatch):
    """Tests of the app leave its script as the main module, which other processes begin with."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


def square(number: int) -> int:
    return number * number


def process(number: int) -> int:
    return os.getpid()


def unlucky(number: int) -> int:
    if number == 37:
        raise ValueError("photo 37 cannot be drawn")
    return number


def interrupt(number: int) -> int:
    os.kill(os.getpid(), signal.SIGINT)
    return number


def never_ends(folder: Path, number: int) -> None:
    (folder / str(os.getpid())).touch()
    threading.Event().wait()


def runs(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("photos", [0, 1, 5, 100])
def test_each_is_drawn_once_and_in_order(photos: int):
    assert list(drawn(square, photos)) == [number * number for number in range(photos)]


def test_many_are_drawn_by_other_processes_and_few_by_this_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tiefvision_assets.demo.drawing.cores", lambda: 2)
    assert os.getpid() not in set(drawn(process, 100))
    assert set(drawn(process, 5)) == {os.getpid()}


def test_what_goes_wrong_in_another_process_is_told_here():
    with pytest.raises(ValueError, match="photo 37 cannot be drawn"):
        list(drawn(unlucky, 100))


def test_an_interrupt_is_left_to_the_first_process(monkeypatch: pytest.MonkeyPatch):
    """At a keyboard it reaches all; only the command itself says what it means, and ends the others."""
    monkeypatch.setattr("tiefvision_assets.demo.drawing.cores", lambda: 2)
    assert list(drawn(interrupt, 40)) == list(range(40))


def test_who_stops_asking_waits_for_no_further_photo():
    assert list(islice(drawn(square, 10**4), 3)) == [0, 1, 4]


def test_the_others_end_with_a_process_that_was_killed(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", KILLED.format(folder=str(tmp_path))]) as first:
        wait_for("both to draw", lambda: len(list(tmp_path.iterdir())) == 2, 60)
        first.kill()
    others = [int(at.name) for at in tmp_path.iterdir()]
    wait_for("their end", lambda: not any(map(runs, others)), 60)
