"""The library of message templates and its checks."""
