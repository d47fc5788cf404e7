"""Imports of LINE User IDs from HubSpot lists, and of friends from LINE or a file."""
