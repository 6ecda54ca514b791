"""Where the catalogue's photos lie: in a folder, in object storage, or where fsspec reads.

No other module lists, reads or writes them.

What the photos hold is the business of `tiefvision_assets.store.photos`, which entries they make that of
`tiefvision_assets.store.catalogue`.
"""
