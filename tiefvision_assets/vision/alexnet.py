"""AlexNet cut after its convolutional part: the encoder of the 2016 system."""

from __future__ import annotations

from torch import Tensor, nn


class AlexNetEncoder(nn.Module):
    """AlexNet (no grouping, as torchvision has it) without its fully connected part; the last max pool has stride 1.

    (B, 3, H, W) → (B, 256, h, w); 224 x 224 pixels give 11 x 11 cells. The last pool keeps its 3 x 3 window, so that
    neighbouring cells lie 16 pixels apart instead of 32 (OverFeat, arXiv:1312.6229, section 3.3, refines that pool).
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=1),
        )

    def forward(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) normalised photos → (B, 256, h, w) cells."""
        return self.features(photos)

    def windows(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, 256, h, w) cells, the same as `forward` gives."""
        return self(photos)

    def refinement(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, 256, h + 2, w + 2) cells before the last pool, which would blur an object's edges."""
        return self.features[:-1](photos)
