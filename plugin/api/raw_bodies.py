"""Routes whose body is a file instead of JSON."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "takes_raw_body"


def raw_body(most: int) -> Callable[[View], View]:
    """Mark a view: its body is the bytes of a file, `most` of them at most."""

    def mark(view: View) -> View:
        setattr(view, _MARK, most)
        # OpenAPI 3.1: a binary body has a media type and no schema.
        docs = getattr(view, "_apidoc", {})
        body = {"required": True, "content": {"application/octet-stream": {}}}
        docs.setdefault("manual_doc", {})["requestBody"] = body
        view._apidoc = docs  # type: ignore[attr-defined]
        return view

    return mark


def longest_raw_body() -> int | None:
    """Return how many bytes the route of this request takes; None where it takes JSON."""
    most: int | None = getattr(current_app.view_functions[request.endpoint or ""], _MARK, None)
    return most
