"""The shop's products on the pages: cards, facets, a product's own page. Nothing of it is drawn without a feed.

`shop` says which products there are now, and which of the feed's columns are their names and prices; `narrowing` and
`facets` narrow the page's condition by the feed's columns; `grouping`, `cards` and `product_view` show products instead
of photos. What products are, and how searches join them with photos, is in `tiefvision_assets.store.products` and
`tiefvision_assets.search.products`.
"""
