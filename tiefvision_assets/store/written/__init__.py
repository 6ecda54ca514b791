"""What is written through the API: photos into the raw folder, products beside the feed, each request once.

`journal` keeps values under their names, `answered` the answers to requests that may be sent again: in files, or, for a
data folder in object storage, in tables (`journal_table`, `answered_table`). `photos` and `products` say what is taken.
How products are joined with a feed is the business of `tiefvision_assets.store.products.merging`, and who may write
that of the app.
"""
