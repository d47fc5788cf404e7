"""Resources about people: friends, contacts, linkages."""
