"""Rows of broadcasts: what is sent to whom, and what came of it."""
