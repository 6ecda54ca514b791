from enum import StrEnum


class SearchByIdBy(StrEnum):
    PHOTO = "photo"
    PRODUCT = "product"

    def __str__(self) -> str:
        return str(self.value)
