"""Resources about pictures and videos for messages."""
