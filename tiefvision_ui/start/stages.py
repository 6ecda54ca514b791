"""The names of the stages of work in the reader's language; in English they come from the assets and from `work`."""

from __future__ import annotations

from tiefvision_ui.language.texts import N_, _

STAGES = frozenset(
    [
        N_("Comparing products"),
        N_("Encoding labelled photos"),
        N_("Encoding objects"),
        N_("Finding objects"),
        N_("Fitting the basis"),
        N_("Judging labels"),
        N_("Learning from fewer labels"),
        N_("Learning from fewer triplets"),
        N_("Measuring photos"),
        N_("Scanning photos"),
    ]
)
"""Those of the assets that an index takes, here to be in the message files."""
_TRAINING = "Training "


def stage_name(stage: str) -> str:
    """The stage's name as the reader's language has it; that of a stage that is not known stays English."""
    if stage.startswith(_TRAINING):
        return _("Training {model}", model=stage.removeprefix(_TRAINING))
    return _(stage)
