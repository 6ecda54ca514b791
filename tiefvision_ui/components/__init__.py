"""Custom components, one folder each: the typed wrapper that pages call, its JavaScript and its styles.

A component gets values and calls back; it reads no files, and outside of this package it imports `tiefvision_ui.values`
and `tiefvision_ui.language` only. JavaScript and styles that several components use are in ``shared``. The example in
each wrapper's docstring is run by the tests.
"""
