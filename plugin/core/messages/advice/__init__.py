"""Advice about a message that LINE would take: nothing here prevents sending."""
