"""Resources about messages: templates, broadcasts, what was sent."""
