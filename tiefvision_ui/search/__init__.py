"""What the gallery and the search page need: the photo to search with, the session's searches, hits, and explanations.

Searching itself is in `tiefvision_assets.search`.
"""
