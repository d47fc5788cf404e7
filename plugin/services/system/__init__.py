"""Rate limits, failed jobs, idempotency keys, retention."""
