"""The editor: what it holds, and its page."""
