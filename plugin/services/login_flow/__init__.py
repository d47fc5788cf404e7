"""A friend's login attempt, from the landing page to the linkage."""
