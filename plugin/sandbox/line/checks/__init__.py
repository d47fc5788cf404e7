"""Requests checked about as closely as LINE does."""
