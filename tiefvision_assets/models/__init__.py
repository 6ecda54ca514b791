"""Models from the outside: where weights come from, how stored models are loaded, and what identifies each.

What the networks compute is in `vision`, how a model's files lie on disk in `store.models`; training is in `lineage`.
"""
