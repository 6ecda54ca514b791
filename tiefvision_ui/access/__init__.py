"""Who may see and do what: the log-in, names and roles, and the guard of the routes outside Streamlit's pages."""
