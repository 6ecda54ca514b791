"""`tiefvision deploy`: what it prints and writes is the package's files, unchanged."""

from importlib.resources import files

import pytest

from tests import commands
from tiefvision_assets.cli.deploy import FILES, Target

tiefvision = commands.in_process
FOLDER = files("tiefvision_assets") / "deploy"


def test_a_single_file_can_be_redirected(tiefvision):
    assert tiefvision("deploy", "postgres").out == (FOLDER / "postgres/dagster.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", Target)
def test_files_are_printed_written_and_never_overwritten(tiefvision, tmp_path, target):
    texts = {name.rpartition("/")[2]: (FOLDER / name).read_text(encoding="utf-8") for name in FILES[target]}
    assert tiefvision("deploy", target, "--json").json == {"files": texts}
    printed = tiefvision("deploy", target).out
    assert all(text in printed for text in texts.values())
    folder = tmp_path / "new" / "folder"
    assert tiefvision("deploy", target, "--to", folder).code == 0
    assert {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} == texts
    (folder / max(texts)).write_text("mine", encoding="utf-8")
    refused = tiefvision("deploy", target, "--to", folder)
    assert refused.code == 1
    assert "is there already; name another folder" in refused.err
    assert (folder / max(texts)).read_text(encoding="utf-8") == "mine"


def test_every_file_of_the_package_belongs_to_a_target():
    there = {
        f"{folder.name}/{file.name}" if folder is not FOLDER else file.name
        for folder in (FOLDER, *(entry for entry in FOLDER.iterdir() if entry.is_dir()))
        for file in folder.iterdir()
        if file.is_file()
    }
    assert there == {name for names in FILES.values() for name in names}
