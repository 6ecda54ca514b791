"""Measurements that take minutes: not tests, but what the numbers in the documentation come from."""
