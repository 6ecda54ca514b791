"""The routes beside Streamlit's pages: the JSON API, photos, thumbnails, commits of labels. No page is drawn here."""
