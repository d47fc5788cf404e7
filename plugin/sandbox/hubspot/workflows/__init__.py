"""Workflows that call the app, and webhooks."""
