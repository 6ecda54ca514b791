"""One target, fuzzed by Atheris (libFuzzer): by the branches that inputs reach. `benchmarks.fuzz` starts it."""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "tiefvision_assets", "tiefvision_ui", "sqlglot", "python_multipart"]):
    from benchmarks.fuzz import FINDS, Attempts
    from benchmarks.fuzz_targets import target_named


def fuzz(name: str, seconds: float, seed: int) -> None:
    """Try mutated inputs for that long; libFuzzer ends the process."""
    folder = Path(tempfile.mkdtemp())
    target = target_named(name, folder / "target")
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(target.corpus):
        (corpus / str(number)).write_bytes(data)
    words = folder / "words"
    words.write_text("".join(_quoted(word) for word in target.words if word))
    FINDS.mkdir(parents=True, exist_ok=True)
    kept = f"-artifact_prefix={FINDS}/{name}-"
    options = [f"-max_total_time={seconds:.0f}", f"-seed={seed}", "-timeout=20", f"-dict={words}", kept]
    atheris.Setup([sys.argv[0], *options, str(corpus)], Attempts(name, target, f"atheris-{seed}"))
    atheris.Fuzz()


def _quoted(word: bytes) -> str:
    """A line of libFuzzer's dictionary."""
    return '"' + "".join(rf"\x{byte:02x}" for byte in word) + '"\n'


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    fuzz(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
