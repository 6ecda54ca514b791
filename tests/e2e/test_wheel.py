"""The wheel, installed beside a copy of no source: the demo, the app and Dagster run from it alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.commands import environment_of
from tests.e2e.daemon import Servers, ending
from tests.e2e.serving import CHROMIUM, served
from tiefvision_assets.settings import Settings

ROOT = Path(__file__).parents[2]
PACKAGES = ("tiefvision_assets", "tiefvision_ui")
SOURCES = (*PACKAGES, "pyproject.toml", "README.md", "LICENSE")
ONLY_TO_DEVELOP = {".py", ".pyc", ".pyi"}
PHOTOS = 30

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a source distribution, as `python -m build` does it; the clone stays as it is."""
    clone = tmp_path_factory.mktemp("clone")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, clone / name)
    dist = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--outdir", str(dist), str(clone)]
    built = subprocess.run(build, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    (wheel,) = dist.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs of a virtual environment that holds the wheel, and finds its dependencies in the present one."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    (packages,) = folder.glob("lib/python*/site-packages")
    # A .pth of its own is not read from there, so an editable installation stays unseen.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    install = ["install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install], check=True)
    return python.parent


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory from which the clone cannot be seen."""
    return tmp_path_factory.mktemp("outside")


@pytest.fixture(scope="module")
def environment(outside: Path) -> dict[str, str]:
    return {name: value for name, value in environment_of(outside / "data").items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def demo(bin_folder: Path, outside: Path, environment: dict[str, str]) -> dict[str, object]:
    """What `tiefvision demo` answered, which filled the data folder."""
    command = [bin_folder / "tiefvision", "demo", "--images", str(PHOTOS), "--json"]
    done = subprocess.run(command, cwd=outside, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def address(demo: object, bin_folder: Path, outside: Path, environment: dict[str, str]) -> Iterator[str]:
    command = [str(bin_folder / "tiefvision"), "ui", "--port"]
    with served(outside / "data", outside / "ui.log", command=command, environment=environment, cwd=outside) as (
        url,
        _,
    ):
        yield url


def test_the_wheel_holds_whatever_the_packages_read(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    files = {file for name in PACKAGES for file in (ROOT / name).rglob("*") if file.is_file()}
    needed = {str(file.relative_to(ROOT)) for file in files if file.suffix not in ONLY_TO_DEVELOP}
    modules = {str(file.relative_to(ROOT)) for file in files if file.suffix == ".py"}
    assert needed
    assert (needed | modules) - held == set()
    assert {name.split("/")[0] for name in held} - {*PACKAGES} == {f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_come_from_the_wheel(
    bin_folder: Path, outside: Path, environment: dict[str, str], package: str
) -> None:
    ask = [bin_folder / "python", "-c", f"import {package}; print({package}.__file__)"]
    found = subprocess.run(ask, cwd=outside, env=environment, capture_output=True, text=True, check=True).stdout
    assert Path(found.strip()).is_relative_to(bin_folder.parent)


def test_the_demo_runs(demo: dict[str, object]) -> None:
    assert demo["images"] == PHOTOS


def test_the_app_answers(address: str) -> None:
    with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:
        assert json.load(answer) == {"status": "ok"}
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert b"<script" in answer.read()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome on this machine")
def test_the_gallery_is_drawn_by_the_components_scripts(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".grid a")).to_have_count(PHOTOS)
    expect(page.locator(".frame.loaded").first).to_be_visible()
    page.locator(".grid a").first.click()
    expect(page.locator(".stage.loaded img")).to_be_visible()


def test_dagster_loads_the_lineage(bin_folder: Path, outside: Path, environment: dict[str, str]) -> None:
    command = [str(bin_folder / "tiefvision"), "dagster", "--port"]
    # Whatever process works on its folder at the end counts as left behind, and the app has the other one.
    settings = Settings(data=outside / "lineage")
    own = environment | {"TIEFVISION_DATA": str(settings.data_dir)}
    with ending(Servers(outside, settings, command, own)) as servers:
        servers.start()
        assert servers.selector()["repositoryName"]
