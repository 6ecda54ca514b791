"""The box heads by name, and what can be set of each. Their assets, folders and weights carry these names."""

from __future__ import annotations

from tiefvision_assets.hyperparameters import ClassifierParameters, ForegroundMapParameters, HeadParameters

COORDINATES = ("x_min", "y_min", "x_max", "y_max")
"""Of a box, in the order of `tiefvision_assets.box.Box`: left, top, right, bottom."""
FOREGROUND = "foreground_classifier"
REGRESSORS = tuple(f"{coordinate}_regressor" for coordinate in COORDINATES)
WINDOW_HEADS = (FOREGROUND, *REGRESSORS)
"""The heads that see one window."""
FOREGROUND_MAP = "foreground_map"
HEADS = (*WINDOW_HEADS, FOREGROUND_MAP)
"""All that find a box together."""
HEAD_PARAMETERS: dict[str, type[HeadParameters] | type[ForegroundMapParameters]] = {
    FOREGROUND: ClassifierParameters,
    **dict.fromkeys(REGRESSORS, HeadParameters),
    FOREGROUND_MAP: ForegroundMapParameters,
}
"""Head → the class of its hyper-parameters."""
