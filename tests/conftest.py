"""Fixtures that many tests share: a data folder of one's own, photos in it, and the pretrained encoder."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from PIL import Image

from tests.shared_folder import SHARED_FOLDER
from tiefvision_assets.models.weights import CachedWeights, obtain_weights
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.registry import encoder_named

pytest_plugins = ["tests.store.labels.postgres"]
hypothesis.settings.register_profile("same every time", derandomize=True, deadline=None, max_examples=40)
hypothesis.settings.load_profile("same every time")


def pytest_configure(config: pytest.Config) -> None:
    """Settings of the whole run, which its processes inherit."""
    # A shell has what it starts in the background ignore SIGINT, and Dagster then ignores SIGTERM as well: what tests
    # start would inherit that, and live on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Dagster's instances in memory leave connections to the garbage collector. SQLAlchemy logs that with a traceback,
    # and to format one Python 3.11 parses code: amid another parsing, such as of a page, that ends in SystemError.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    if hasattr(config, "workerinput"):
        return
    os.environ[SHARED_FOLDER] = tempfile.mkdtemp(prefix="tiefvision-tests-")
    # No page's source changes meanwhile; threads that look for it took a quarter of the pages' tests.
    os.environ["STREAMLIT_SERVER_FILE_WATCHER_TYPE"] = "none"
    if getattr(config.option, "numprocesses", None):
        # Each process has a core: threads of OpenMP and BLAS would only wait for one another.
        os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why what has a second try failed at first: the summary of these has names alone."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"{report.nodeid} failed at first")
        terminalreporter.line(report.longreprtext)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the processes shared."""
    if not hasattr(config, "workerinput") and (folder := os.environ.pop(SHARED_FOLDER, None)):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def same_draws() -> None:
    """What a test draws from PyTorch's own generator does not depend on the tests before it."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an empty data folder with an empty cache, whatever the environment says."""
    for name in [name for name in os.environ if name.startswith("TIEFVISION_")]:
        monkeypatch.delenv(name)
    return Settings(data=tmp_path / "data", cache=tmp_path / "cache", device="cpu")


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(settings)


@pytest.fixture
def save_photo(settings: Settings) -> Callable[..., Path]:
    """Saves a picture of one colour at a path relative to the raw folder."""

    def save(path: str, colour: object = "teal", size: tuple[int, int] = (64, 48), **options: object) -> Path:
        file = settings.raw_dir / path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, colour).save(file, **options)
        return file

    return save


@pytest.fixture(scope="session")
def index_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A file of Milvus Lite, as TIEFVISION_INDEX_URL names it: a server in this process, which its tests share."""
    manager = pytest.importorskip("milvus_lite.server_manager", reason="the extra milvus is not installed")
    file = str(tmp_path_factory.mktemp("milvus") / "vectors.db")
    yield file
    manager.server_manager_instance.release_server(file)


@pytest.fixture(scope="session")
def pretrained() -> CachedWeights:
    """AlexNet's pretrained weights from the cache that people use; fetched once a machine."""
    return obtain_weights(encoder_named("alexnet"), Settings())
