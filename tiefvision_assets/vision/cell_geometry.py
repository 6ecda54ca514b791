"""Where the cells of a network's maps lie in the picture, told from the layers that a picture passes."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

Layer = nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d


class CellGeometry:
    """Follows a picture through a module: distance and first centre of the cells that its layers come to.

    A layer of kernel k, stride s and p pixels of padding before the first one moves the first centre by
    ``(k - 1) / 2 - p`` of the cells that it is given, and puts cells ``s`` times as far apart (Araujo, Norris and Sim,
    'Computing Receptive Fields of Convolutional Neural Networks', Distill 2019). Of branches that come to the same
    resolution the first one counts. Transformers that merge patches without such layers are not followed: their cells
    are then taken to be in the middle of the pixels that they were merged from.
    """

    def __init__(self, network: nn.Module, rows: int) -> None:
        """``rows`` is the height in pixels of the picture that will be passed."""
        self._rows, self._stride, self._centre = rows, 1, 0.5
        self._known = {1: 0.5}
        self._hooks = [
            layer.register_forward_hook(self._passed) for layer in network.modules() if isinstance(layer, Layer)
        ]

    def centre(self, stride: int) -> float:
        """Of the first of the cells that lie ``stride`` pixels apart, in pixels from the picture's edge."""
        return self._known.get(stride, stride / 2)

    def close(self) -> None:
        """Follow no further pictures."""
        for hook in self._hooks:
            hook.remove()

    def _passed(self, layer: Any, given: tuple[Tensor, ...], made: Tensor) -> None:
        kernel, stride = (_first(value) for value in (layer.kernel_size, layer.stride))
        if given[0].ndim != 4 or given[0].shape[-2] != self._rows:
            return  # of a branch, or within an attention of another shape
        kernel = 1 + (kernel - 1) * _first(getattr(layer, "dilation", 1))
        padding = max(kernel - stride, 0) // 2 if _is_same(layer) else _first(layer.padding)
        self._centre += ((kernel - 1) / 2 - padding) * self._stride
        self._stride *= stride
        self._rows = made.shape[-2]
        self._known[self._stride] = self._centre


def _is_same(layer: Layer) -> bool:
    """Whether it pads as TensorFlow does, as much as the picture's size asks for: timm has layers of its own for it."""
    return layer.padding == "same" or type(layer).__name__.endswith("Same")


def _first(value: Any) -> int:
    """Of what is given for each direction, or for both; no padding is called "valid" as well."""
    if value == "valid":
        return 0
    return int(value[0] if isinstance(value, tuple | list) else value)
