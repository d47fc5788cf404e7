"""LINE's APIs."""
