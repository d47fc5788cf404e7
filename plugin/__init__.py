"""Musubi: HubSpot contacts and LINE friends, linked."""
