"""Labels: their database, the annotators' work on it, and label files of all formats."""
