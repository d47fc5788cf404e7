"""Decisions without I/O. Standard library only; everything it needs comes in as a value."""
