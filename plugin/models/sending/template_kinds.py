"""Templates by the kinds of their messages."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, or_

from plugin.core.messages.checks import BUBBLES
from plugin.core.messages.drafts import KINDS, TEMPLATES
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion


def with_kind(kind: str) -> ColumnElement[bool]:
    """Whether any message of the version that is sent is of the kind, as `kind_of` says it."""
    places = or_(*(_is(TemplateVersion.messages[number], kind) for number in range(BUBBLES)))
    return exists().where(
        TemplateVersion.template_id == Template.id,
        TemplateVersion.number == Template.version,
        places,
    )


def _is(message: Any, kind: str) -> ColumnElement[bool]:
    said = message["type"].as_string()
    template = and_(said == "template", message["template"]["type"].as_string().in_(TEMPLATES))
    if kind == "json":
        plain = said.in_([name for name in KINDS if name not in TEMPLATES])
        return and_(said.is_not(None), not_(or_(plain, template)))
    if kind in TEMPLATES:
        return and_(said == "template", message["template"]["type"].as_string() == kind)
    return and_(said == kind)
