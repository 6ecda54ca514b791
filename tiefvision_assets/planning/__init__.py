"""What is out of date, and why; the state of the data folder as a document; and what may be deleted from it.

The sensor, `tiefvision run` and `tiefvision status` all ask here, so that they can never disagree. Nothing here
computes what is missing, and nothing here, nor anything that it imports, loads Dagster.
"""
