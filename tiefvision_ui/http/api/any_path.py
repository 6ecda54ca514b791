"""The convertor ``{path:anything}``: the rest of an address, line breaks included.

Starlette's own ``path`` matches no line break, so that a stranger's address with one would be answered by whoever comes
after the API, and not in a sentence.
"""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor


class _Anything(Convertor[str]):
    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


ANYTHING = "anything"
register_url_convertor(ANYTHING, _Anything())
