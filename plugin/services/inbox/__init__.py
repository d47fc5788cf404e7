"""A team's answers in conversations, and who is told of friends that wait."""
