"""HubSpot's pages."""
