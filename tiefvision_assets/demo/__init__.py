"""A generated catalogue of dresses with known truth: boxes, triplets and classes that labels are checked against."""
