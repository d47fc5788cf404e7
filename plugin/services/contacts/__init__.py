"""Rows of HubSpot contacts: looked up, created, marked for a write to HubSpot."""
