"""Rows of outgoing webhooks, and of LINE's that are relayed."""
