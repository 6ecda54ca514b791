"""Whether candidates are promoted, as a setting in the launchpad."""

from typing import Literal

import dagster as dg
from pydantic import Field


class PromotionConfig(dg.Config):
    """Whether a judged candidate becomes part of the next index."""

    promote: Literal["if better", "always", "never"] = Field(
        default="if better",
        description="'if better' than the trivial answer and not worse than what is served; or an override.",
    )
