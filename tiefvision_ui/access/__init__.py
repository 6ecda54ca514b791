"""Who may see and do what: the log-in, people and their roles, and the guard of the routes beside Streamlit's pages."""
