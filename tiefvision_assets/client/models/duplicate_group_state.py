from enum import StrEnum


class DuplicateGroupState(StrEnum):
    BY_RULE = "by rule"
    DECIDED = "decided"
    OPEN = "open"

    def __str__(self) -> str:
        return str(self.value)
