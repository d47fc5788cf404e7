"""Personal links for marketing emails: issued, renewed, revoked."""
