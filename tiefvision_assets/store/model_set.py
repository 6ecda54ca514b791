"""Models that belong together: what an index is built with, and what searches use."""

from __future__ import annotations

from dataclasses import dataclass, replace

STARTER = "starter-"
"""Beginning of the names of starter heads, which come with the program; those of trained heads are hexadecimal."""


@dataclass(frozen=True)
class ModelSet:
    """Fingerprints of models that belong together; None for a missing model, such as heads without labels."""

    encoder: str | None = None
    heads: str | None = None
    basis: str | None = None
    ranking_head: str | None = None

    def with_encoder(self, encoder: str) -> ModelSet:
        """The set with that encoder; models that were fitted on another encoder are dropped."""
        return self if encoder == self.encoder else ModelSet(encoder=encoder)

    def with_basis(self, basis: str) -> ModelSet:
        """The set with that basis; a ranking head fitted on another one is dropped."""
        return self if basis == self.basis else replace(self, basis=basis, ranking_head=None)

    @property
    def starter(self) -> bool:
        """Whether the heads are starter heads."""
        return self.heads is not None and self.heads.startswith(STARTER)

    @property
    def complete(self) -> CompleteModels | None:
        """The set with what every index needs; None where its encoder or its basis is missing yet."""
        if self.encoder is None or self.basis is None:
            return None
        return CompleteModels(self.encoder, self.basis, self.heads, self.ranking_head)

    def not_in(self, *others: ModelSet) -> tuple[str, ...]:
        """Fingerprints of the models that none of the other sets has, encoders aside."""
        known = {name for other in others for name in other.fitted}
        return tuple(name for name in self.fitted if name not in known)

    @property
    def fitted(self) -> tuple[str, ...]:
        """Fingerprints of the models that were fitted or trained here."""
        return tuple(name for name in (self.heads, self.basis, self.ranking_head) if name)


@dataclass(frozen=True)
class CompleteModels:
    """Models that photos can be encoded, indexed and searched by.

    Without heads the whole photo is the box; without a ranking head both rankings are one.
    """

    encoder: str
    basis: str
    heads: str | None = None
    ranking_head: str | None = None
