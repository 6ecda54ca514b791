"""Fuzzing of what strangers' bytes reach: a result or a sentence, within seconds, whatever the bytes.

``python -m benchmarks.fuzz``, or with names of targets, ``--seconds`` for each, ``--seed``, and ``--engine atheris``,
which mutates by the branches that are reached, where Hypothesis mutates blindly and then shrinks. An input that ends in
anything but a result or a `TiefVisionError`, or takes too long or too much memory, is kept in ``build/fuzz``, its name
has the seed, and ``--input FILE`` tries it again.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.fuzz_targets import TARGETS, Target, target_named
from tiefvision_assets.errors import TiefVisionError

FINDS = Path("build/fuzz")
LONGEST_S = 2.0
"""Of this process's own time: another one that takes the processor is no find."""
MOST_MEMORY = 2**30
ENGINES = ("hypothesis", "atheris")


class Find(AssertionError):
    """An input that did what none may do."""


class Attempts:
    """Tries inputs at a target, counts how they ended, and keeps those that are finds."""

    def __init__(self, name: str, target: Target, label: str) -> None:
        """``label`` tells in the names of kept inputs how they came about."""
        self._name, self._target, self._label = name, target, label
        self.worked = self.refused = 0

    def __call__(self, data: bytes) -> None:
        """Try one input; raises `Find`."""
        before, started = _peak(), time.process_time()
        try:
            self._target.attempt(data)
            self.worked += 1
        except TiefVisionError as error:
            self.refused += 1
            if "\n" in str(error).strip() or not str(error):
                self._keep(data, error)
        except Exception as error:
            self._keep(data, error)
        took, grown = time.process_time() - started, _peak() - before
        if took > LONGEST_S or grown > MOST_MEMORY:
            self._keep(data, Find(f"{took:.1f} s, {grown / 2**20:.0f} MiB"))

    def _keep(self, data: bytes, error: Exception) -> None:
        FINDS.mkdir(parents=True, exist_ok=True)
        file = FINDS / f"{self._name}-{self._label}.input"
        file.write_bytes(data)
        raise Find(f"{type(error).__name__}: {error}; python -m benchmarks.fuzz {self._name} --input {file}") from error


def _peak() -> int:
    """Bytes of memory that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Fuzz one target after another, each in a process of its own; exit status 1 if any had a find."""
    parser = argparse.ArgumentParser("python -m benchmarks.fuzz", description="Fuzz what strangers' bytes reach.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--seconds", type=float, default=60, help="for each target (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="the first one; another each time by default")
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0])
    parser.add_argument("--input", type=Path, help="try this file at the target, and nothing else")
    options = parser.parse_args()
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    if options.input:
        replay(options.targets[0], options.input)
        return
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    failed = []
    for name in options.targets or TARGETS:
        print(f"{name}: {options.engine}, seed {seed}, {options.seconds:.0f} s", flush=True)
        command = [sys.executable, "-m", f"benchmarks.fuzz_{options.engine}", name, str(options.seconds), str(seed)]
        if subprocess.run(command).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"finds in {', '.join(failed)}; see {FINDS}")


def replay(name: str, file: Path) -> None:
    """Try one input; raises what it ends in."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            target_named(name, Path(folder)).attempt(file.read_bytes())
        except TiefVisionError as error:
            print(f"refused: {error}")
        else:
            print("it works")


if __name__ == "__main__":
    main()
