"""Rows of the system itself: jobs, leases, rate budgets, webhook events."""
