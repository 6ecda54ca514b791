"""What each stage of the lineage does, free of Dagster: from the store to `vision` and back into the store.

A function here is what an asset's body calls, or what an evaluation calls to measure the same thing. It may read and
write the store; it decides neither when it runs (`planning`) nor how it is shown (`assets.pictures`).
"""
