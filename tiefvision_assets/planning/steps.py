"""Steps of the plan: what is to be made, why, and how often that was tried in vain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tiefvision_assets.store.attempts import MAX_ATTEMPTS, Failure
from tiefvision_assets.store.fingerprint import fingerprint


@dataclass(frozen=True)
class Step:
    """Assets to be materialised together, and the sentence that says why."""

    assets: tuple[str, ...]
    reason: str
    batches: tuple[str, ...] = ()
    """Partitions of partitioned assets: those that were tried least, the oldest first, as many as one run takes."""
    inputs: tuple[str, ...] = ()
    """Fingerprint of what each batch, or the step as a whole, is to be made from."""
    failures: tuple[Failure, ...] = ()
    """What of the step was tried in vain on its present inputs, other batches included."""
    after: tuple[str, ...] = ()
    """Assets that must not be out of date when this step is carried out."""
    then: tuple[str, ...] = ()
    """Assets that the same run makes next: nothing that is out of date lies between, and nobody has to decide."""

    @property
    def name(self) -> str:
        """What failures are written down under."""
        return ", ".join(self.assets)

    @property
    def selection(self) -> tuple[str, ...]:
        """All assets that its run makes."""
        return self.assets + self.then

    @property
    def attempts(self) -> int:
        """How often this step, or each of its batches, was tried in vain on the present inputs."""
        batches = self.batches or ("",)
        return max((failure.times for failure in self.failures if failure.batch in batches), default=0)

    @cached_property
    def key(self) -> str:
        """The same for the same attempt at the same work."""
        return fingerprint(assets=self.assets, batches=self.batches, inputs=self.inputs, attempts=self.attempts)

    def only(self, batches: Sequence[str]) -> Step:
        """The part of the step that concerns these of its batches."""
        kept = [(batch, inputs) for batch, inputs in zip(self.batches, self.inputs, strict=True) if batch in batches]
        then = self.then if len(kept) == len(self.batches) else ()
        return replace(self, batches=tuple(b for b, _ in kept), inputs=tuple(i for _, i in kept), then=then)

    def alone_unless(self, others: Iterable[Step]) -> Step:
        """The step without what its run could make next, unless nothing but that is out of date, of its batches."""
        fits = all(
            set(other.assets) <= set(self.then)
            and set(other.batches) <= set(self.batches)
            and (other.then or not other.batches)
            for other in others
        )
        return self if fits else replace(self, then=())


def first_due(steps: Iterable[Step], attempts: int = MAX_ATTEMPTS) -> Step | None:
    """The first of these steps that waits for none before it, and was tried fewer times than that."""
    out_of_date: set[str] = set()
    for step in steps:
        if step.attempts < attempts and out_of_date.isdisjoint(step.after):
            return step
        out_of_date |= set(step.assets)
    return None
