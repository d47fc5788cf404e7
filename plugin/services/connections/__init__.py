"""Installs into HubSpot, connects Official Accounts, and removes both."""
