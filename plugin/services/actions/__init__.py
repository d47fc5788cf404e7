"""The six workflow actions and how their executions run."""
