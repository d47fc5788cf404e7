"""Rows of what is kept of HubSpot's contacts, and of the segments built on it."""
