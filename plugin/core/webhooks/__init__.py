"""What outgoing webhooks decide without I/O."""
