from enum import StrEnum


class DuplicateGroupsRuleType0(StrEnum):
    BYTES = "bytes"
    EARLIEST = "earliest"
    PIXELS = "pixels"

    def __str__(self) -> str:
        return str(self.value)
