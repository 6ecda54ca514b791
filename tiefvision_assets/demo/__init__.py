"""A generated catalogue of dresses with known ground truth: boxes, triplets and classes, for labels and for judging."""
