"""Resources about what is kept of HubSpot's contacts."""
