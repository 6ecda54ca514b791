"""Triplets."""
