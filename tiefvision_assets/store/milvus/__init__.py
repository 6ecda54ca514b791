"""Vectors in Milvus: the server, a collection with its versions, the engine, conditions, and the measure of recall.

Importing this imports no pymilvus, which is an extra: the first question to a server does.
"""
