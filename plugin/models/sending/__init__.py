"""Rows of workflow executions, templates and deliveries."""
