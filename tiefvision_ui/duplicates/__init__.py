"""The page Duplicates: groups of photos of one shot, what is decided about them, and the rule for new ones."""
