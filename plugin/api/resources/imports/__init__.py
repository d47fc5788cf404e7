"""Resources about imports and lists that are worked off."""
