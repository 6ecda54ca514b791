"""The pages, one script each, as Streamlit runs them. What else a page needs is in the package of its subject."""
