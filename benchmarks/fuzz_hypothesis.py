"""One target, fuzzed by Hypothesis: blindly, and what is found is shrunk. `benchmarks.fuzz` starts it."""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from benchmarks.fuzz import Attempts
from benchmarks.fuzz_targets import Target, target_named

EXAMPLES = 200
CHANGES = ("bytes", "interesting", "word", "drop", "repeat", "end", "other")
INTERESTING = (b"\0", b"\1\0", b"\0\1", b"\xff\xff", b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0")


@st.composite
def mutated(draw: st.DrawFn, target: Target) -> bytes:
    """One of the target's inputs after one to six changes."""
    data = bytearray(draw(st.sampled_from(target.corpus)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        to = at + draw(st.integers(0, min(len(data) - at, 64)))
        match draw(st.sampled_from(CHANGES)):
            case "bytes":
                new = draw(st.binary(min_size=1, max_size=8))
                data[at : at + len(new)] = new
            case "interesting":
                new = draw(st.sampled_from(INTERESTING))
                data[at : at + len(new)] = new
            case "word":
                data[at:to] = draw(st.sampled_from(target.words))
            case "drop":
                del data[at:to]
            case "repeat":
                data[at:at] = data[at:to] * draw(st.integers(1, 20))
            case "end":
                del data[at:]
            case "other":
                data[at:] = draw(st.sampled_from(target.corpus))[at:]
    return bytes(data)


def fuzz(name: str, seconds: float, seed: int) -> None:
    """Try mutated inputs for that long, by one seed after another."""
    with tempfile.TemporaryDirectory() as folder:
        target = target_named(name, Path(folder))
        attempts = Attempts(name, target, f"hypothesis-{seed}")
        for data in target.corpus:
            attempts(data)
        options = hypothesis.settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )

        @options
        @hypothesis.given(mutated(target))
        def any_input_is_fine(data: bytes) -> None:
            attempts(data)

        until, part = time.monotonic() + seconds, seed
        while time.monotonic() < until:
            hypothesis.seed(part)(any_input_is_fine)()
            part += 1
    print(f"{name}: {attempts.worked} worked, {attempts.refused} were refused, seeds {seed} to {part - 1}")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    fuzz(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
