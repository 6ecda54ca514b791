from enum import StrEnum


class WrittenPhotoChange(StrEnum):
    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"

    def __str__(self) -> str:
        return str(self.value)
