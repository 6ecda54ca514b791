"""Sentences that quote what other people wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiefvision_assets.errors import TiefVisionError, displayable


@given(st.text(st.characters(), max_size=30))
def test_a_sentence_is_one_printable_line_whatever_it_quotes(quoted: str) -> None:
    sentence = str(TiefVisionError(f"{quoted}: not a photo."))
    assert len(sentence.splitlines()) == 1 and sentence.endswith(": not a photo.")
    assert sentence.encode("utf-8").decode("utf-8") == sentence
    assert "\x1b" not in sentence


@pytest.mark.parametrize("text", ["größe+50%#1.jpg", "裙子 👗.png", "a\u00a0b", "two\nlines\tand tabs"])
def test_what_people_can_read_stays_as_it_is(text: str) -> None:
    assert displayable(text) == text


def test_control_characters_are_shown_as_escapes() -> None:
    assert displayable("red\x1b[2J.jpg\udcff") == r"red\x1b[2J.jpg\udcff"


@pytest.mark.parametrize("control", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_a_quoted_name_turns_no_sentence_round(control: str) -> None:
    assert str(TiefVisionError(f"a{control}gpj.exe: not a photo.")) == rf"a\u{ord(control):x}gpj.exe: not a photo."
