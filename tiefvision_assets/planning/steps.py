"""Steps of the plan: what is to be made, why, and how often that has failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tiefvision_assets.store.attempts import MAX_ATTEMPTS, Failure
from tiefvision_assets.store.fingerprint import fingerprint


@dataclass(frozen=True)
class Step:
    """Assets to be made together, and the sentence that says why."""

    assets: tuple[str, ...]
    reason: str
    batches: tuple[str, ...] = ()
    """Partitions of partitioned assets: those with the fewest failed attempts, oldest first, as many as may be made at
    once."""
    inputs: tuple[str, ...] = ()
    """Fingerprint of the inputs of each batch, or of the step as a whole."""
    failures: tuple[Failure, ...] = ()
    """The step's failed attempts on its present inputs, including those of other batches."""
    after: tuple[str, ...] = ()
    """Assets that must be up to date before this step is carried out."""
    then: tuple[str, ...] = ()
    """Assets that the same run makes next, when nothing else is out of date between them."""
    left: bool = False
    """Whether it is left alone: all that is due of it is being made, or was cancelled."""
    cancelled: tuple[str, ...] = ()
    """Batches of it that were cancelled on their present inputs; of a step without batches an empty name."""

    @property
    def name(self) -> str:
        """Name under which failures are recorded."""
        return ", ".join(self.assets)

    @property
    def selection(self) -> tuple[str, ...]:
        """All assets that the step's run makes."""
        return self.assets + self.then

    @property
    def attempts(self) -> int:
        """Failed attempts of this step, or of each of its batches, on the present inputs."""
        batches = self.batches or ("",)
        return max((failure.times for failure in self.failures if failure.batch in batches), default=0)

    @cached_property
    def key(self) -> str:
        """Identifies the attempt: step, inputs and number of the attempt."""
        return fingerprint(assets=self.assets, batches=self.batches, inputs=self.inputs, attempts=self.attempts)

    def only(self, batches: Sequence[str]) -> Step:
        """The part of the step for these of its batches."""
        kept = [(batch, inputs) for batch, inputs in zip(self.batches, self.inputs, strict=True) if batch in batches]
        then = self.then if len(kept) == len(self.batches) else ()
        return replace(self, batches=tuple(b for b, _ in kept), inputs=tuple(i for _, i in kept), then=then)

    def alone_unless(self, others: Iterable[Step]) -> Step:
        """The step with its following assets only if all other steps that are out of date are those assets, and none of
        them is left alone."""
        fits = all(
            not other.left
            and set(other.assets) <= set(self.then)
            and set(other.batches) <= set(self.batches)
            and (other.then or not other.batches)
            for other in others
        )
        return self if fits else replace(self, then=())


def first_due(steps: Iterable[Step], attempts: int = MAX_ATTEMPTS) -> Step | None:
    """The first step that waits for none before it, is not left alone, and has failed fewer times than this."""
    out_of_date: set[str] = set()
    for step in steps:
        if not step.left and step.attempts < attempts and out_of_date.isdisjoint(step.after):
            return step
        out_of_date |= set(step.assets)
    return None
