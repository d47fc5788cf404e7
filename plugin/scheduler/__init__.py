"""DOOR: time. Rows say what is owed; the engine only finds out when, and lends its hands."""
