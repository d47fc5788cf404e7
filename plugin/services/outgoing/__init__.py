"""Tells the servers of others what happened: outgoing webhooks, and LINE's, relayed."""
