"""What the gallery, the search page and the collections need.

The photo to search with and what leads the search, all of it in the address; conditions; hits, folded by shot, and what
can be done with them: explained, collected, saved, exported. Searching itself is in `tiefvision_assets.search`.
"""
