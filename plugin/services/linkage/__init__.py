"""Linking a friend with a contact, with its history, conflicts and undo."""
