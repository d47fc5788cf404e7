"""Decisions of broadcasts: buckets, sending hours, splits, budgets, money."""
