"""Splitting photos into training, test and folds by their content alone, so that no new label moves an old photo."""

from __future__ import annotations

from tiefvision_assets.hyperparameters import TEST_SHARE

STOP_SHARE = 0.1


def is_test_photo(sha256: str, share: float = TEST_SHARE) -> bool:
    """Whether a photo is held out from all training."""
    return int(sha256[:8], 16) < share * 0x1_0000_0000


def stops_training(sha256: str, share: float = STOP_SHARE) -> bool:
    """Whether a training photo is held out for early stopping; independent of `is_test_photo`."""
    return int(sha256[16:24], 16) < share * 0x1_0000_0000


def fold_of(sha256: str, folds: int) -> int:
    """The fold of a training photo."""
    return int(sha256[8:16], 16) % folds
