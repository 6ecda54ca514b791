"""The pages, one script each, as Streamlit runs them; what a page needs besides is in the folder of its subject."""
