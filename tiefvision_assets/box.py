"""A box on a photo: the value that all stages from annotation to search use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle ``(left, top, right, bottom)`` in pixels of the photo as displayed (EXIF orientation applied)."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def whole(cls, width: float, height: float) -> Self:
        """The box that covers a whole photo of ``width`` x ``height`` pixels."""
        return cls(0.0, 0.0, float(width), float(height))

    @property
    def width(self) -> float:
        """Width in pixels, never negative."""
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        """Height in pixels, never negative."""
        return max(0.0, self.bottom - self.top)

    @property
    def area(self) -> float:
        """Area in square pixels; 0 for a degenerate box."""
        return self.width * self.height

    def as_tuple(self) -> tuple[float, float, float, float]:
        """``(left, top, right, bottom)``."""
        return (self.left, self.top, self.right, self.bottom)

    def intersection(self, other: Box) -> float:
        """Area shared with ``other``, in square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: Box) -> float:
        """Intersection over union with ``other``, 0 to 1 (0 when both are degenerate)."""
        shared = self.intersection(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def scaled(self, x: float, y: float) -> Box:
        """The box in coordinates multiplied by ``x`` and ``y``."""
        return Box(self.left * x, self.top * y, self.right * x, self.bottom * y)

    def mirrored(self, width: float) -> Box:
        """The box on the horizontally mirrored photo of ``width`` pixels."""
        return Box(width - self.right, self.top, width - self.left, self.bottom)

    def clipped(self, width: float, height: float) -> Box:
        """The part inside a photo of ``width`` x ``height`` pixels."""
        return Box(
            min(max(self.left, 0.0), width),
            min(max(self.top, 0.0), height),
            min(max(self.right, 0.0), width),
            min(max(self.bottom, 0.0), height),
        )

    def rounded(self) -> tuple[int, int, int, int]:
        """Whole pixels, at least one pixel wide and high: what encodings are keyed on and photos are cut to."""
        left, top = round(self.left), round(self.top)
        return (left, top, max(round(self.right), left + 1), max(round(self.bottom), top + 1))
