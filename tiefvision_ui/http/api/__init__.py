"""The JSON API beside the app, by FastAPI: searching, looking at the catalogue, taking clicks, writing with a token.

A module a subject holds its routes (`searches`, `photos`, `feedback`, …); `parameters` and `uploads` read requests,
`answers` and `errors` are what comes back, and `application` puts them together. Pages are not drawn here, and photos
themselves are served by `tiefvision_ui.http.images`.
"""
