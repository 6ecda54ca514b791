"""Values of `tiefvision_assets` that pages show as words: they are English there, and are translated here."""

from __future__ import annotations

from tiefvision_ui.language.texts import N_, _

VALUES = (
    *(N_("same"), N_("very similar"), N_("related")),
    *(N_("viewer"), N_("annotator"), N_("admin")),
    *(N_("blurred"), N_("dark"), N_("bright"), N_("tiny"), N_("odd proportions"), N_("framed"), N_("duplicate")),
    *(N_("nowhere as sharp as others"), N_("dark even where it is brightest"), N_("bright even where it is darkest")),
    *(N_("its object is far smaller than those of others"), N_("far longer or wider than others")),
    *(N_("a frame or bars around it"), N_("the same shot as another photo")),
)
"""Levels of similarity, roles, flaws of photos and what they mean."""


def value_words(value: str) -> str:
    """One of `VALUES` in the reader's language; any other value as it is."""
    return _(value.replace("_", " "))
