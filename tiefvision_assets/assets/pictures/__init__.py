"""The pictures and tables in the assets' metadata.

They read the store and draw with `tiefvision_assets.pictures`; they measure nothing and change nothing.
"""
