"""What can be set of each stage: every hyper-parameter with its default, its bounds and what it means.

One class a stage, in the order of the lineage. The assets derive from it what the launchpad shows
(``class RankingHeadConfig(RankingHeadParameters, dg.Config)``), the plan takes the defaults, training takes the values.
Names and values enter fingerprints, so a renamed field or another default makes everything anew that hangs on it.

What does not belong here: settings of a machine or a data folder (`settings`), and numbers that nobody should turn
(constants beside the code that uses them). Imports neither torch nor Dagster.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TEST_SHARE = 0.05
Loss = Literal["hinge", "softplus", "infonce"]

Epochs = Annotated[
    int,
    Field(
        ge=1,
        description="Times that the held-out photos are asked, at most; going on from starter heads a quarter as "
        "many, but for a foreground map with photos enough to hold some out.",
    ),
]
Patience = Annotated[int, Field(ge=1, description="Epochs without progress on held-out photos before it stops.")]
LearningRate = Annotated[float, Field(gt=0, description="Largest learning rate of the one-cycle schedule.")]


class _Parameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CropDatasetParameters(_Parameters):
    """Which crops are made of the labelled photos."""

    test_share: float = Field(
        default=TEST_SHARE, ge=0, le=0.5, description="Share of photos held out from all training."
    )
    cuts: int = Field(
        default=1, ge=0, le=8, description="Mirrored random cuts a training photo, with the box off-centre."
    )
    looks: int = Field(
        default=4,
        ge=1,
        le=16,
        description="Refinement crops a training photo, around boxes that are somewhat wrong; half of them are learned "
        "from where training goes on from starter heads.",
    )
    colour: float = Field(
        default=0.25,
        ge=0,
        lt=1,
        description="Largest change of brightness, contrast and saturation of cuts and refinement crops.",
    )
    seed: int = Field(default=0, ge=0, description="Decides cuts, refinement crops and colours.")


class CropEncodingsParameters(_Parameters):
    """How the cells of crops are stored."""

    components: int = Field(default=64, ge=8, le=256, description="Principal components that cells are projected on.")


class Course(_Parameters):
    """How long and how fast a box head learns."""

    epochs: Epochs = 15
    steps: int = Field(default=20, ge=1, description="Batches an epoch.")
    patience: Patience = 5
    learning_rate: LearningRate = 2e-3
    weight_decay: float = Field(default=0.05, ge=0, description="Decoupled weight decay of AdamW.")
    seed: int = Field(default=0, ge=0, description="Decides initial weights and what each batch is drawn from.")


class HeadParameters(Course):
    """Hyper-parameters of a head that sees one window, a box regressor's by default."""

    batch: int = Field(default=64, ge=2, description="Crops a batch.")
    hidden: int = Field(
        default=64, ge=1, description="Units of the hidden layer; training that goes on from starter heads has theirs."
    )
    dropout: float = Field(default=0.5, ge=0, lt=1, description="Share of hidden units dropped in training.")


class ClassifierParameters(HeadParameters):
    """Hyper-parameters of the foreground classifier, which overfits ten times as fast as a regressor."""

    learning_rate: LearningRate = 2e-4


class ForegroundMapParameters(Course):
    """Hyper-parameters of the foreground map."""

    epochs: Epochs = 20
    patience: Patience = 8
    learning_rate: LearningRate = 16e-3
    batch: int = Field(default=16, ge=1, description="Refinement crops a batch.")
    hidden: int = Field(default=32, ge=1, description="Channels of the hidden layers; likewise.")


class BasisParameters(_Parameters):
    """How the embedding basis is fitted."""

    dimensions: int = Field(
        default=256, ge=1, le=1024, description="Numbers an embedding has, where the sample allows it."
    )
    sample: int = Field(default=2048, ge=1, le=8192, description="Photos that it is fitted on, at most.")


class TripletDatasetParameters(_Parameters):
    """How triplets are split, by all their photos, and which are generated."""

    test_share: float = Field(
        default=TEST_SHARE,
        ge=0,
        le=0.5,
        description="Share of references held out from training, where these are enough and share few photos with "
        "others; candidates are cross-validated otherwise.",
    )
    mirrors: bool = Field(
        default=False, description="Add mirror images as positives; docs/decisions/0019 tells why not by default."
    )
    mined_negatives: int = Field(
        default=0, ge=0, description="Semi-hard negatives added a triplet, implied by other triplets."
    )


class RankingHeadParameters(_Parameters):
    """Hyper-parameters of the ranking head."""

    loss: Loss = Field(default="softplus", description="What is minimised; docs/decisions/0018 has the comparison.")
    margin: float = Field(default=0.1, ge=0, description="Of the hinge loss.")
    temperature: float = Field(
        default=0.5, gt=0, description="By which similarities are divided in the softplus and InfoNCE losses."
    )
    products: int = Field(
        default=48,
        ge=0,
        description="First numbers of the embedding that are multiplied by one another; 0: a linear map.",
    )
    outputs: int = Field(default=64, ge=1, description="Numbers that the learned part maps a photo to, at most.")
    steps: int = Field(default=120, ge=1, description="Batches trained on, at most; held-out triplets choose how many.")
    batch: int = Field(default=256, ge=1, description="Triplets a batch.")
    learning_rate: float = Field(
        default=0.05, gt=0, description="Initial one, in units of the mean weight at the start; annealed by a cosine."
    )
    seed: int = Field(default=0, ge=0, description="Decides the triplets of each batch.")
