"""Foreign names on pages: their writing direction does not affect the text around them.

Each value that fills a sentence is isolated by itself. Names that stand alone pass the filter `bdi`
between tags, and `isolated` in attributes and options, which take no tags.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from flask import Flask
from flask_babel import Babel, Domain
from jinja2 import pass_context
from markupsafe import Markup

from plugin.core.bidi import can_reorder, isolated

SENTENCES = ("gettext", "ngettext", "pgettext", "npgettext")


class IsolatingDomain(Domain):
    """Translations that isolate the direction of their values."""

    def gettext(self, string: str, **variables: Any) -> str:
        return str(super().gettext(string, **_isolated(variables)))

    def ngettext(self, singular: str, plural: str, num: int, **variables: Any) -> str:
        return str(super().ngettext(singular, plural, num, **_isolated(variables)))

    def pgettext(self, context: str, string: str, **variables: Any) -> str:
        return str(super().pgettext(context, string, **_isolated(variables)))

    def npgettext(
        self, context: str, singular: str, plural: str, num: int, **variables: Any
    ) -> str:
        return str(super().npgettext(context, singular, plural, num, **_isolated(variables)))


class IsolatingBabel(Babel):
    @cached_property
    def domain_instance(self) -> Domain:
        # One domain for all requests, since it keeps the catalogues that were read.
        return IsolatingDomain(domain=self.domain)


def init_app(app: Flask) -> None:
    """Isolate names in the sentences of templates too; to be called after Babel's own."""
    for name in SENTENCES:
        sentence: Any = app.jinja_env.globals[name]
        app.jinja_env.globals[name] = _isolating(sentence)
    app.jinja_env.filters.update(bdi=bdi, isolated=isolated_name)


def bdi(text: object) -> object:
    """Return a name for use between tags, without the element where nothing can turn."""
    return Markup("<bdi>{}</bdi>").format(text) if can_reorder(str(text)) else text


def isolated_name(text: object) -> object:
    """Return a name for use where tags cannot stand."""
    return isolated(str(text)) if can_reorder(str(text)) else text


def _isolating(sentence: Callable[..., Any]) -> Callable[..., Any]:
    @pass_context
    def wrapped(context: Any, *texts: Any, **variables: Any) -> Any:
        return sentence(context, *texts, **_isolated(variables))

    return wrapped


def _isolated(variables: dict[str, Any]) -> dict[str, Any]:
    # Markup stays as it is: the page that made it has isolated its names.
    return {
        name: isolated(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        for name, value in variables.items()
    }
