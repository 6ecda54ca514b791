"""Work in a process of its own: one at a time, followed by whoever looks, and told about when it is over."""

from __future__ import annotations

import fcntl
import os
import signal
from pathlib import Path

import pytest

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_ui.start import background, work
from tiefvision_ui.start.background import STOPPED, Background, Progress
from tiefvision_ui.start.work import FAILED, Told, main

ROOT = Path(__file__).parents[3]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TIEFVISION_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(background, "MODULE", "tests.ui.start.waiter")
    return Settings()


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def over(settings: Settings) -> None:
    """Wait until the process has ended: only then its lock is free."""
    with (settings.data_dir / ".start" / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    assert Background(settings).progress() is None


def test_it_is_followed_until_it_is_over(settings: Settings, pipe: Path) -> None:
    assert Background(settings).progress() is None and Background(settings).problem() == ""
    assert Background(settings).start("demo", str(pipe), "")
    assert pipe.read_text() == "begun"
    told = Background(settings).progress()
    assert told and (told.what, told.doing, told.done, told.total, told.share) == (
        "demo",
        "Generating photos",
        3,
        10,
        0.3,
    )
    assert not Background(settings).start("run"), "one at a time"
    pipe.write_text("end")
    over(settings)
    assert Background(settings).problem() == ""


def test_why_it_failed_is_kept(settings: Settings, pipe: Path) -> None:
    Background(settings).start("run", str(pipe), "The disk is full; make room.")
    pipe.read_text()
    pipe.write_text("end")
    over(settings)
    assert Background(settings).problem() == "The disk is full; make room."


def test_it_can_be_stopped_and_begun_again(settings: Settings, pipe: Path) -> None:
    Background(settings).start("run", str(pipe), "")
    pipe.read_text()
    Background(settings).stop()
    over(settings)
    assert Background(settings).problem() == STOPPED
    assert Background(settings).start("run", str(pipe), "")
    pipe.read_text()
    pipe.write_text("end")
    over(settings)


def test_ctrl_c_on_the_app_does_not_reach_it(settings: Settings, pipe: Path) -> None:
    Background(settings).start("run", str(pipe), "")
    pipe.read_text()
    told = Background(settings).progress()
    assert told and os.getpgid(told.process) == told.process != os.getpgid(0)
    Background(settings).stop()
    over(settings)


def test_those_who_look_at_once_do_not_take_one_another_for_the_work(settings: Settings, pipe: Path) -> None:
    Background(settings).tell(Progress("run", ended=True, problem="The disk is full."))
    with (settings.data_dir / ".start" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # as a page does for the moment that it looks
        assert Background(settings).progress() is None
        assert Background(settings).problem() == "The disk is full."


@pytest.mark.parametrize(
    ("error", "told", "status"),
    [(None, "", 0), (TiefVisionError("No photo."), "No photo.", 1), (ValueError("odd"), FAILED, 1)],
)
def test_however_it_ends_pages_are_told(settings: Settings, error: Exception | None, told: str, status: int) -> None:
    seen: list[tuple[str, str]] = []

    def carry_out(settings: Settings, what: str, argument: str, telling: Told) -> None:
        telling.say("similarity_index: photos are new")
        seen.append((what, argument))
        if error:
            raise error

    before = signal.getsignal(signal.SIGTERM)
    assert main(["folder", "/photos"], carry_out) == status  # type: ignore[arg-type]
    assert seen == [("folder", "/photos")] and Background(settings).problem() == told
    assert signal.getsignal(signal.SIGTERM) == before
    assert work.DEMO_PHOTOS >= 30, "fewer photos leave nothing to judge by"
