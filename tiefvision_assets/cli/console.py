"""Output for people: progress bars on stderr, tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tiefvision_assets.errors import displayable


class _Printer(Console):
    """A console that gets names of files and texts of label files without their control characters."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(displayable(it) if isinstance(it, str) else it for it in objects), **options)


errors = _Printer(stderr=True, highlight=False, soft_wrap=True)
out = _Printer(highlight=False, soft_wrap=True)


class Bars:
    """One progress bar for each stage, on stderr; where stderr is no terminal, a line when a stage has ended."""

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=errors,
            transient=False,
            disable=not errors.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, stage: str, done: int, total: int) -> None:
        """Update the stage's bar; a stage that starts again gets a new bar."""
        if errors.is_terminal:
            task = self._tasks.get(stage)
            if task is None:
                task = self._tasks[stage] = self._bars.add_task(stage, total=total)
            self._bars.update(task, completed=done, total=total)
        if done >= total:
            self._tasks.pop(stage, None)
            if not errors.is_terminal:
                errors.print(f"{stage}: {done} of {total}", markup=False)

    def say(self, sentence: str) -> None:
        """Print a sentence above the bars."""
        self._bars.console.print(sentence, markup=False)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; numbers between -1 and 1 get three decimals."""
    drawn = Table(
        title=escape(displayable(title)), title_justify="left", header_style="bold", show_header=bool(columns)
    )
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(_cell(value) for value in row))
    out.print(drawn)


def key_values(title: str, values: Mapping[str, object]) -> None:
    """Print names with their values."""
    table(title, [], list(values.items()))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{_cell(name)}: {_cell(number)}" for name, number in value.items())
    if isinstance(value, list | tuple):
        return escape(", ".join(_cell(item) for item in value))
    return escape(displayable(str(value)))
