"""Segments: saved rules that choose friends by what LINE, HubSpot and Musubi know of them."""
