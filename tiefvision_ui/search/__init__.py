"""What the gallery and the search page need: queries, rankings, hits and their explanation."""
