"""The job of a broadcast: prepared, claimed, called and settled, a few seconds at a time."""
