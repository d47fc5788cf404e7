"""Rows of HubSpot installations and LINE Official Accounts."""
