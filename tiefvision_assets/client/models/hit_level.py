from enum import StrEnum


class HitLevel(StrEnum):
    RELATED = "related"
    SAME = "same"
    VERY_SIMILAR = "very similar"

    def __str__(self) -> str:
        return str(self.value)
