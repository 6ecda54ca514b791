"""The image's build steps, carried out as a script in a fresh folder: no container engine is wanted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from tests.commands import environment_of

ROOT = Path(__file__).parents[2]
DOCKERFILE = (files("tiefvision_assets") / "deploy" / "Dockerfile").read_text(encoding="utf-8")

pytestmark = pytest.mark.acceptance


def stages() -> list[list[tuple[str, str]]]:
    """Instructions with their values, by stage; what stands before the first stage is left out."""
    found: list[list[tuple[str, str]]] = []
    for step in DockerfileParser(fileobj=BytesIO(DOCKERFILE.encode())).structure:
        if step["instruction"] == "FROM":
            found.append([])
        elif found and step["instruction"] != "COMMENT":
            found[-1].append((step["instruction"], step["value"]))
    return found


class Build:
    """A stage whose absolute paths lie below ``root``; its base image is the Python of these tests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "UV_"))}
        self.environment = own | {"PATH": f"{Path(sys.executable).resolve().parent}:{os.environ['PATH']}"}

    def carry_out(self, instruction: str, value: str) -> None:
        match instruction:
            case "ARG" | "ENV":
                name, _, default = value.partition("=")
                self.environment[name] = default
            case "WORKDIR":
                self.folder = self.root / value.lstrip("/")
                self.folder.mkdir(parents=True)
            case "COPY":
                *sources, target = value.split()
                for source in sources:
                    self._copy(ROOT / source, self.folder / target)
            case "RUN":
                self._run(re.sub(r"--mount=\S+", "", value))
            case _:
                pytest.fail(f"{instruction} cannot be carried out here")

    def _copy(self, source: Path, target: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)

    def _run(self, command: str) -> None:
        moved = command.replace("/opt/", f"{self.root}/opt/")
        options = {"cwd": self.folder, "env": self.environment, "capture_output": True, "text": True}
        done = subprocess.run(["sh", "-ec", moved], check=False, **options)
        assert done.returncode == 0, f"{command}\n{done.stdout[-1000:]}{done.stderr[-3000:]}"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs that the final stage takes over."""
    build, final = stages()
    root = tmp_path_factory.mktemp("image")
    made = Build(root)
    for instruction, value in build:
        made.carry_out(instruction, value)
    (taken,) = (value.split()[1:] for instruction, value in final if instruction == "COPY")
    assert taken[0] == taken[1], "programs name their own place"
    shutil.rmtree(root / "src")
    return root / taken[0].lstrip("/") / "bin"


def answered(programs: Path, folder: Path, *command: str) -> str:
    """What the image's program printed; it sees no checkout and no other environment."""
    environment = {name: value for name, value in environment_of(folder / "data").items() if name != "PYTHONPATH"}
    options = {"cwd": folder, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run([programs / command[0], *command[1:]], check=False, **options)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_image_has_all_that_its_processes_import(programs, tmp_path):
    assert '"photos": 0' in answered(programs, tmp_path, "tiefvision", "status", "--json")
    answered(programs, tmp_path, "dagster", "definitions", "validate", "-m", "tiefvision_assets.definitions")
    answered(programs, tmp_path, "python", "-c", "import dagster_postgres.storage, tiefvision_ui.asgi, psycopg2")
    assert "FROM python" in answered(programs, tmp_path, "tiefvision", "deploy", "compose")


def test_the_image_runs_as_nobody_in_particular_and_in_folders_that_are_its_own():
    final = dict(stages()[-1])
    assert final["USER"] == "10001:10001"
    runs = [value for instruction, value in stages()[-1] if instruction == "RUN"]
    assert any("--owner=tiefvision" in run and "/data" in run and "/srv/dagster" in run for run in runs)
