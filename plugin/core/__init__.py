"""Decisions without I/O: standard library only, every input comes in as a value."""
