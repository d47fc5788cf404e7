"""Rows of friends and contacts, and of the linkages between them."""
