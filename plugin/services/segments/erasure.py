"""Takes a person's ids and e-mail addresses out of rules, where somebody pasted or typed them."""

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm.attributes import flag_modified

from plugin.models.audience.list_export import ListExport
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.connections.official_account import OfficialAccount

_WORD = re.compile(r"[^\s,;]+")
ERASED = "erased"


def erase_from_rules(installation_id: int, words: Collection[str]) -> None:
    """Erase the words in all versions, and in the rules of broadcasts and exports to lists, inside
    the caller's transaction."""
    wanted = {word.casefold() for word in words if word}
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation_id)
    segments = select(Segment.id).where(Segment.official_account_id.in_(accounts))
    for column, owned in (
        (SegmentVersion.rule, SegmentVersion.segment_id.in_(segments)),
        (Broadcast.rule, Broadcast.official_account_id.in_(accounts)),
        (ListExport.source, ListExport.installation_id == installation_id),
    ):
        # Few rules name anybody, so the database looks for the words first.
        text = cast(column, String)
        naming = or_(*(text.icontains(word, autoescape=True) for word in wanted))
        model = column.class_
        for row in db.session.scalars(select(model).where(owned, naming)) if wanted else ():
            setattr(row, column.key, without(getattr(row, column.key), wanted))
            flag_modified(row, column.key)


def without(value: Any, words: Collection[str]) -> Any:
    """Return a rule without the words: ids leave their list, and a typed value is overwritten."""
    if isinstance(value, dict):
        return {name: without(inner, words) for name, inner in value.items()}
    if isinstance(value, list):
        kept = [inner for inner in value if str(inner).strip().casefold() not in words]
        return [without(inner, words) for inner in kept]
    if str(value).strip().casefold() in words:
        return ERASED
    if isinstance(value, str) and any(word in value.casefold() for word in words):
        return _WORD.sub(lambda found: "" if found[0].casefold() in words else found[0], value)
    return value
