"""The routes beside Streamlit's pages: the JSON API, photos and thumbnails. Nothing here draws a page."""
