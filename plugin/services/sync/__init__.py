"""Synchronises contacts with HubSpot, in both directions."""
