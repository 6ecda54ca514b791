"""What the site needs beside the files in docs/: pages from elsewhere, links between them, diagrams as pictures."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path, PurePosixPath

import mermaidx
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "data/README.md": "data-folder.md",
    "tiefvision_ui/static/mark.svg": "site/mark.svg",
    "tiefvision_ui/static/favicon.png": "site/favicon.png",
}
"""Files outside of docs/ that are part of the site, and where."""
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
DIAGRAM = re.compile(r"^```mermaid\n(?P<source>.*?)^```$", re.MULTILINE | re.DOTALL)

log = logging.getLogger("mkdocs.hooks.tiefvision")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the decisions to the navigation, in their order."""
    decisions = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    assert config.nav is not None
    config.nav.append({"Decisions": ["decisions/README.md", *(f"decisions/{name}" for name in decisions)]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files that lie outside of docs/."""
    for source, uri in ELSEWHERE.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links that hold in the repository hold on the site, and draw the diagrams."""
    uri = page.file.src_uri
    source = next((PurePosixPath(name) for name, at in ELSEWHERE.items() if at == uri), PurePosixPath("docs", uri))
    return DIAGRAM.sub(
        lambda found: _drawn(found["source"], uri, config, files),
        LINK.sub(lambda found: _linked(found, source, uri), markdown),
    )


def _linked(link: re.Match[str], source: PurePosixPath, uri: str) -> str:
    """The link as it is on the site; what only the repository has is named without a link."""
    target, hash_, anchor = link["target"].partition("#")
    if not target or ":" in target:
        return link[0]
    path = PurePosixPath(os.path.normpath(source.parent / target))
    if (ROOT / path).is_dir():
        path /= "README.md"
    if not (ROOT / path).is_file():
        log.warning("%s links to %s, which is not there", source, target)
        return link[0]
    if str(path) in ELSEWHERE:
        there = ELSEWHERE[str(path)]
    elif path.parts[0] == "docs":
        there = str(path.relative_to("docs"))
    else:
        return link["text"]
    return f"{link['image']}[{link['text']}]({os.path.relpath(there, PurePosixPath(uri).parent)}{hash_}{anchor})"


def _drawn(source: str, uri: str, config: MkDocsConfig, files: Files) -> str:
    """The diagram as a picture that opens in its full size."""
    name = f"{PurePosixPath(uri).stem}-diagram.svg"
    beside = str(PurePosixPath(uri).parent / name)
    files.append(File.generated(config, beside, content=mermaidx.render(source).svg()))
    return f"[![Diagram; opens in full size]({name})]({name})"
