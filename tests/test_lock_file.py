"""The lock file has what pyproject.toml asks for; `make lock` writes it anew."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKED = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements/dev.lock").read_text(encoding="utf-8"), re.M))
EXTRAS = PROJECT["optional-dependencies"]


@pytest.mark.parametrize("asked", [*PROJECT["dependencies"], *EXTRAS["auth"], *EXTRAS["dev"], *EXTRAS["docs"]])
def test_what_is_asked_for_is_locked_at_a_version_that_is_admitted(asked: str) -> None:
    requirement = Requirement(asked)
    version = LOCKED.get(canonicalize_name(requirement.name))
    assert version and version in requirement.specifier, "run `make lock`"


def test_the_locked_setuptools_builds_the_project() -> None:
    build_system = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    (setuptools,) = map(Requirement, build_system["requires"])
    assert LOCKED["setuptools"] in setuptools.specifier, "`make install` builds without isolation"
