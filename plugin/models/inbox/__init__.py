"""Rows of the inbox: conversations, their messages, and what a team prepares for answering."""
