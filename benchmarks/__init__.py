"""Measurements that are too long for tests; each prints a small table."""
