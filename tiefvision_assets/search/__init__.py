"""Everything about one query: what is asked, what is served at that moment, and the hits that come back.

The command line, the JSON API and the app call `tiefvision_assets.search.searcher.Searcher`, and differ in nothing but
how they read a question and show an answer; those parts are theirs. Building an index is a stage of the `lineage`.
"""
