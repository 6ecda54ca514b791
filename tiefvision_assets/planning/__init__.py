"""What is out of date, and why; how the state of a data folder is told; and what may be deleted from it.

The sensor, `tiefvision run` and `tiefvision status` all ask here, so that they can never disagree. Nothing here
computes what is missing, and nothing here, nor anything that it imports, knows Dagster.
"""
