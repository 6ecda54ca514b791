"""Everything about one query: what is asked, what is served at that moment, and the hits that come back.

The command line, the JSON API and the app make a `request.SearchRequest` and hand it to `searcher.Searcher.search`;
they differ in nothing but how a user puts the question and sees the answer. `answers` has a function for each kind of
request, `serving` the indexes and models of one moment. Building an index is a stage of the `lineage`.
"""
