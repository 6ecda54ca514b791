import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiefvision_assets.store.lock import DataFolderBusy, writer_lock

HOLD = """
import sys
from pathlib import Path
from tiefvision_assets.store.lock import writer_lock
with writer_lock(Path(sys.argv[1]), "the nightly run", wait_s=0):
    print("held", flush=True)
    sys.stdin.readline()
print("released", flush=True)
"""


@pytest.fixture
def lock(tmp_path) -> Path:
    return tmp_path / "data/.lock"


@pytest.fixture
def holder(lock) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is told a line."""
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_learns_who_holds_the_lock(lock, holder):
    with (
        pytest.raises(DataFolderBusy, match=rf"the nightly run \(process {holder.pid}\)") as error,
        writer_lock(lock, "ingest", wait_s=0.05),
    ):
        pass
    assert str(lock.parent) in str(error.value)


def test_a_second_writer_waits_says_so_and_goes_on(lock, holder):
    messages = []

    def let_go(sentence: str) -> None:
        messages.append(sentence)
        holder.stdin.write("\n")
        holder.stdin.flush()

    with writer_lock(lock, "ingest", wait_s=30, on_wait=let_go):
        assert holder.stdout.readline() == "released\n"
    assert len(messages) == 1
    assert f"the nightly run (process {holder.pid})" in messages[0]


def test_a_killed_holder_holds_nothing(lock, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with writer_lock(lock, "ingest", wait_s=10):
        assert str(os.getpid()) in lock.with_name(".lock.holder").read_text()


def test_the_lock_is_re_entrant_and_freed_by_the_outermost_alone(lock):
    take = [sys.executable, "-c", HOLD, str(lock)]

    def can_be_taken() -> bool:
        return subprocess.run(take, input="\n", capture_output=True, text=True, check=False).returncode == 0

    with writer_lock(lock, "run", wait_s=0):
        with writer_lock(lock, "image_catalogue", wait_s=0):
            pass
        assert '"run"' in lock.with_name(".lock.holder").read_text()
        assert not can_be_taken()
    assert can_be_taken()


def test_an_error_inside_frees_the_lock(lock, holder):
    holder.communicate("\n")

    def fail() -> None:
        with writer_lock(lock, "run", wait_s=0):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    done = subprocess.run(
        [sys.executable, "-c", HOLD, str(lock)], input="\n", capture_output=True, text=True, check=False
    )
    assert done.stdout == "held\nreleased\n"


def test_an_unreadable_holder_is_another_process(lock, holder):
    lock.with_name(".lock.holder").write_text("half a docu")
    with pytest.raises(DataFolderBusy, match="another process"), writer_lock(lock, "ingest", wait_s=0):
        pass


def test_threads_of_one_process_share_the_lock(lock):
    entered = threading.Event()

    def enter() -> None:
        with writer_lock(lock, "image_catalogue", wait_s=0):
            entered.set()

    with writer_lock(lock, "run", wait_s=0):
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join(10)
    assert entered.is_set()
