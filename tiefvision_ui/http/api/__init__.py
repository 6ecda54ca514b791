"""The JSON API beside the app, by FastAPI: searching and looking at the catalogue, never changing anything.

A module a subject holds its routes (`searches`, `photos`); `parameters` and `uploads` read requests, `answers` and
`errors` are what comes back, and `application` puts them together. Pages are not drawn here, and photos themselves are
served by `tiefvision_ui.http.images`.
"""
