"""What Label Studio's brush painted: the run-length code of the RGBA bytes of the whole photo, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tiefvision_assets.store.labels.problems import RefusedError
from tiefvision_assets.store.labels.regions import EMPTY, PassedOver
from tiefvision_assets.store.labels.shapes import Edges

MAX_PIXELS = 200_000_000
"""More pixels than any photo of the catalogue has."""


def brushed(rle: Any, across: float | None, down: float | None) -> Edges:
    """The edges of what a brush painted, in pixels, on a photo of that width and height.

    `PassedOver` where nothing is painted, `RefusedError` for a damaged or too large one.
    """
    if not across or not down or across * down > MAX_PIXELS:
        raise RefusedError("a brush stroke without original_width and original_height", "export the file again")
    if not isinstance(rle, list) or not all(isinstance(byte, int) and 0 <= byte < 256 for byte in rle):
        raise RefusedError('"rle" is no list of bytes', "export the file again")
    painted = [(first, last - 1) for first, last in _alpha_runs(bytes(rle), int(across * down)) if last > first]
    if not painted:
        raise PassedOver(EMPTY)
    row = int(across)
    in_one_row = [(first % row, last % row) for first, last in painted if first // row == last // row]
    whole = [(0, row - 1)] if len(in_one_row) < len(painted) else []
    lefts, rights = zip(*in_one_row, *whole, strict=True)
    return (min(lefts), painted[0][0] // row, max(rights) + 1, painted[-1][1] // row + 1)


def _alpha_runs(code: bytes, pixels: int) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) pixel of each painted run.

    The code, by thi.ng/rle-pack: 32 bits of count, 5 of word size less one, four times 4 of run sizes less one; then
    a bit that says whether one word is repeated, 2 bits that choose the run size, the run's length less one, and its
    words.
    """
    bits = _Bits(code)
    count, word = bits.take(32), bits.take(5) + 1
    sizes = [bits.take(4) + 1 for _ in range(4)]
    if word != 8 or count != 4 * pixels:
        raise RefusedError("the brush stroke does not fit the photo's size", "export the file again")
    position = 0
    while position < count:
        repeated = bits.take(1)
        length = min(bits.take(sizes[bits.take(2)]) + 1, count - position)
        if repeated and bits.take(8):
            yield position // 4, (position + length) // 4
        for offset in range(position, position if repeated else position + length):
            if bits.take(8) and offset % 4 == 3:
                yield offset // 4, offset // 4 + 1
        position += length


class _Bits:
    """Numbers of so many bits, one after another, the highest bit first."""

    def __init__(self, code: bytes) -> None:
        self._code = code
        self._position = 0

    def take(self, bits: int) -> int:
        end = self._position + bits
        if end > 8 * len(self._code):
            raise RefusedError("the brush stroke is cut off", "export the file again")
        first, last = self._position // 8, (end + 7) // 8
        window = int.from_bytes(self._code[first:last], "big")
        self._position = end
        return (window >> (8 * last - end)) & ((1 << bits) - 1)
