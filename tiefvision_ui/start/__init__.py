"""The first visit: ways to the first photos, work that goes on in the background, and tours of the app."""
