import pytest
import torch

from tiefvision_assets.vision.calibration import PlattScaling, calibrate


def events(scale: float, shift: float, count: int = 20_000) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits, and events that come true as often as scale * logit + shift says."""
    draw = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(count, generator=draw)
    return logits, (torch.rand(count, generator=draw) < torch.sigmoid(scale * logits + shift)).float()


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (0.4, 1.0), (2.0, -1.5)])
def test_it_finds_how_probabilities_have_to_be_bent(scale, shift):
    logits, targets = events(scale, shift)
    found = calibrate(logits, targets)
    assert found.scale == pytest.approx(scale, rel=0.08)
    assert found.shift == pytest.approx(shift, abs=0.08)
    probabilities = found.probabilities(logits)
    assert probabilities.mean().item() == pytest.approx(targets.mean().item(), abs=2e-3)
    likely = probabilities > 0.8
    assert probabilities[likely].mean().item() == pytest.approx(targets[likely].mean().item(), abs=0.02)


@pytest.mark.parametrize("targets", [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
def test_one_class_alone_and_a_wrong_order_change_nothing(targets):
    assert calibrate(torch.tensor([-2.0, 0.5, 3.0]), torch.tensor(targets)) == PlattScaling(1.0, 0.0)


def test_classes_that_are_told_apart_leave_the_probabilities_short_of_certain():
    found = calibrate(torch.tensor([-1.0, -2.0, 1.0, 2.0]), torch.tensor([0.0, 0.0, 1.0, 1.0]))
    probabilities = found.probabilities(torch.tensor([-2.0, 2.0]))
    assert 0.01 < probabilities[0] < 0.5 < probabilities[1] < 0.99
