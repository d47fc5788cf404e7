"""What the platforms send, so that every database can hold it and look into it."""

from typing import Any


def storable(told: Any) -> Any:
    """Without NUL and halves of surrogate pairs: PostgreSQL takes them in no text, and one of them
    anywhere in a stored event fails every query that looks into the events."""
    if isinstance(told, str):
        return told.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(told, dict):
        return {storable(name): storable(value) for name, value in told.items()}
    return [storable(one) for one in told] if isinstance(told, list) else told
