"""Photos and labels that are dropped in the app: the place to drop them, the report, and taking them."""
