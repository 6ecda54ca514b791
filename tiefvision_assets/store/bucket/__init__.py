"""The data folder in object storage: a local folder is its working copy, bounded in bytes.

All other modules read and write files of the working copy, and call `store.bucket.hooks` where a file is about to be
read, was written, or is removed. Where the data folder is a folder these do nothing. What is written is published by
one put, before it gets its name in the working copy; see `store.bucket.working_copy`.
"""
