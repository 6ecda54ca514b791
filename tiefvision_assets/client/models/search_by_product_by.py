from enum import StrEnum


class SearchByProductBy(StrEnum):
    PHOTO = "photo"
    PRODUCT = "product"

    def __str__(self) -> str:
        return str(self.value)
