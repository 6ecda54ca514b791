"""`make bench`: what TiefVision costs, beside what others would use for the same work, all measured in one run.

A section is a module with one subject and a function ``measure``, which gives `Row`s; `table` turns them into Markdown
and JSON, `curves` into pictures. Rivals are written as a good engineer would write them: with the libraries' own loops,
batches and threads, on the same photos, vectors and triplets.
"""
