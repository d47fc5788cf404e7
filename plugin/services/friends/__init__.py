"""Rows of LINE friends: profiles, tags, and LINE's webhook events."""
