"""HubSpot's APIs."""
