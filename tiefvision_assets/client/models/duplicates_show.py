from enum import StrEnum


class DuplicatesShow(StrEnum):
    APART = "apart"
    DECIDED = "decided"
    OPEN = "open"

    def __str__(self) -> str:
        return str(self.value)
