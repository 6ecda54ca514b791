"""Whole runs on a small catalogue with the tiny encoder."""

from tests import tiny

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, run, boxes = tiny.settings, tiny.store, tiny.run, tiny.boxes
