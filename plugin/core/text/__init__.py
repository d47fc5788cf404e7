"""Text and values from outside: cleaned, read, and put into words."""
