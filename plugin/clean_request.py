"""Remove NUL, which people paste unseen and PostgreSQL takes in no text."""

from typing import Any

from flask import Flask, abort, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict


def init_app(app: Flask) -> None:
    app.before_request(_refuse_nul_in_paths)


def clean_values() -> None:
    request.args = _cleaned(request.args)
    request.form = _cleaned(request.form)


def _cleaned(values: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    # Halves of characters cannot arrive: werkzeug replaces bytes that are not UTF-8.
    if not any("\0" in text for pair in values.items(multi=True) for text in pair):
        return ImmutableMultiDict(values)
    pairs = [(_clean(name), _clean(text)) for name, text in values.items(multi=True)]
    return ImmutableMultiDict(pairs)


def _clean(text: Any) -> str:
    return str(text).replace("\0", "")


def _refuse_nul_in_paths() -> None:
    if "\0" in request.path:
        abort(404)
