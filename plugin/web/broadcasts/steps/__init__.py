"""The four steps of a draft: who, what, when, and the check that sends."""
