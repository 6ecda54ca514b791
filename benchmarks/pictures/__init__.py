"""The pictures of the app in the README and the guide, taken anew: `python -m benchmarks.pictures DATA docs/images`.

DATA is a folder that `tiefvision demo` filled; a copy of it is furnished with what people would have done there, and
served, with Dagster beside it. Pictures of other programs' pages, and of real photos, are not taken by this.
"""
