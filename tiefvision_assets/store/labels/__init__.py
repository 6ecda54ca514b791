"""Labels: their database, what annotators do with it, and the files in which labels come and go."""
