"""EfficientNet-Lite0 without its classifier (Tan and Le, arXiv:1905.11946; Lite comes from TensorFlow's tpu project).

Lite leaves out squeeze-and-excitation and uses ReLU6, so that it runs well on small machines. Submodules have the names
of the published PyTorch weights, which therefore load unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class _Stage:
    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)
STEM, HEAD = 32, 1280
STRIDE_16_BLOCKS = sum(stage.repeats for stage in STAGES[:5])
"""Number of blocks after which cells lie 16 pixels apart."""


class _PaddedConvolution(torch.autograd.Function):
    """A convolution with other numbers of zeros before than after, which is one operation in ONNX.

    As two, ONNX Runtime leaves its own memory layout for the padding and comes back, at each of the network's layers.
    """

    @staticmethod
    def symbolic(
        graph: Any, cells: Any, weight: Any, stride: tuple[int, int], groups: int, before: int, after: int
    ) -> Any:
        """The operation in the exported graph."""
        pads = [before, before, after, after]
        return graph.op("Conv", cells, weight, strides_i=list(stride), group_i=groups, pads_i=pads)

    @staticmethod
    def forward(
        context: Any, cells: Tensor, weight: Tensor, stride: tuple[int, int], groups: int, before: int, after: int
    ) -> Tensor:
        """(B, C, H, W) → (B, C', H', W')."""
        return F.conv2d(F.pad(cells, (before, after, before, after)), weight, stride=stride, groups=groups)


class SamePad2d(nn.Conv2d):
    """A convolution padded as TensorFlow's "SAME" pads even sizes: with stride 2 one row more at the end."""

    def forward(self, cells: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C', H // stride, W // stride)."""
        around = self.kernel_size[0] - self.stride[0]
        before, after = around // 2, around - around // 2
        if before == after:
            return F.conv2d(cells, self.weight, stride=self.stride, padding=before, groups=self.groups)
        convolved: Tensor = _PaddedConvolution.apply(cells, self.weight, self.stride, self.groups, before, after)
        return convolved


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class InvertedResidual(nn.Module):
    """Inverted residual block: expands the channels, filters each by itself, and reduces them again; adds its input
    where shapes agree."""

    def __init__(self, come: int, go: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = come * expansion
        self._expands = expansion > 1
        if self._expands:
            self._expand_conv = nn.Conv2d(come, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self._depthwise_conv = SamePad2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = nn.Conv2d(wide, go, 1, bias=False)
        self._bn2 = _norm(go)
        self._adds = stride == 1 and come == go

    def forward(self, cells: Tensor) -> Tensor:
        """(B, C, h, w) → (B, C', h', w')."""
        out = F.relu6(self._bn0(self._expand_conv(cells))) if self._expands else cells
        out = F.relu6(self._bn1(self._depthwise_conv(out)))
        out = self._bn2(self._project_conv(out))
        return out + cells if self._adds else out


class EfficientNetLite0(nn.Module):
    """(B, 3, H, W) → (B, 1280, H // 32, W // 32); its stage with stride 16 has 112 channels."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = SamePad2d(3, STEM, 3, 2, bias=False)
        self._bn0 = _norm(STEM)
        blocks, come = [], STEM
        for stage in STAGES:
            for repeat in range(stage.repeats):
                stride = stage.stride if repeat == 0 else 1
                blocks.append(InvertedResidual(come, stage.channels, stage.kernel, stride, stage.expansion))
                come = stage.channels
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(come, HEAD, 1, bias=False)
        self._bn1 = _norm(HEAD)

    def forward(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) normalised photos → (B, 1280, H // 32, W // 32) cells."""
        cells = self.refinement(photos)
        for block in self._blocks[STRIDE_16_BLOCKS:]:
            cells = block(cells)
        return F.relu6(self._bn1(self._conv_head(cells)))

    def windows(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, 112, H // 32, W // 32): the means of two by two cells.

        Without averaging, a window of 14 x 14 cells would have four times the weights, and there would be four times
        the windows.
        """
        return F.avg_pool2d(self.refinement(photos), 2)

    def refinement(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, 112, H // 16, W // 16), the cell k centred at 16 k + 15.5 pixels."""
        cells = F.relu6(self._bn0(self._conv_stem(photos)))
        for block in self._blocks[:STRIDE_16_BLOCKS]:
            cells = block(cells)
        return cells
