"""Rules of segments: read, checked, and put into words."""
