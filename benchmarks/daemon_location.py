"""The code location with the benchmarks' encoder, for a real daemon."""

from benchmarks.tiny_encoder import register
from tiefvision_assets.definitions import build_definitions

register()
defs = build_definitions()
