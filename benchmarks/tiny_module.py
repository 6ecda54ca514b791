"""The network of the benchmarks' encoder."""

from __future__ import annotations

from torch import Tensor, nn


class TinyModule(nn.Module):
    """One convolution of 4 x 4 pixels: 32 x 32 → 16 x 8 x 8."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, channels, kernel_size=stride, stride=stride)

    def forward(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, 16, H / 4, W / 4)."""
        return self.mix(photos)

    def windows(self, photos: Tensor) -> Tensor:
        """The same."""
        return self(photos)

    def refinement(self, photos: Tensor) -> Tensor:
        """The same."""
        return self(photos)
