"""Executions of workflow actions, their questions and their callbacks to HubSpot."""
