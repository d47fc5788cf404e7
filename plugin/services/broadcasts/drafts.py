"""Drafts of broadcasts: created, written, saved, duplicated, archived."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete

from plugin.core.clock import utcnow
from plugin.core.overwrites import Seen, fingerprint, fingerprints, refuse_overwrite
from plugin.models.base import db
from plugin.models.broadcasts.audience_member import Uploaded, fill, start_over
from plugin.models.broadcasts.broadcast import ALL, DRAFT, Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.models.broadcasts.variant_draft import VariantDraft
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import affected, transaction
from plugin.services.message_templates.kept_drafts import (
    NOTHING_SEEN,
    SeenDraft,
    begun,
    drop,
    held,
    keep,
    refuse_overtaken,
)

LONGEST_NAME = 120
MOST_VARIANTS = 4
# What a draft's pages and the API may change.
EDITABLE = (
    "name", "audience", "segment_id", "list_id", "list_name", "schedule_at", "per_minute",
    "spread_minutes", "ignores_quiet_hours", "silent", "cap_override", "budget", "holdout_percent",
    "when_short", "split_percent", "split_by", "split_hours", "goal", "campaign",
)  # fmt: skip
# What is written and kept together with a variant's messages, though each variant has the same.
SET_WITH_MESSAGES = ("silent", "split_percent", "split_by", "split_hours")
# A copy begins without what belongs to one send.
NOT_COPIED = ("name", "schedule_at", "cap_override", "list_name")


class WrongState(Exception):
    """The broadcast's state does not allow this; `state` is what it is by now."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Content(NamedTuple):
    """What a variant sends: a template of the library, or messages written here."""

    messages: Sequence[dict[str, Any]] = ()
    template_id: int | None = None
    tracks_links: bool = True


class Written(NamedTuple):
    """What was written for a variant: its `content` as it was typed last, and the draft as it was
    seen."""

    number: int
    content: dict[str, Any]
    seen: SeenDraft = NOTHING_SEEN


def create_draft(
    account: OfficialAccount,
    name: str,
    by: str = "",
    changes: Mapping[str, Any] | None = None,
    contents: Sequence[Content] | None = None,
    uploaded: Uploaded | None = None,
) -> Broadcast:
    """Create a draft with all that is saved of it at once, as by `save_draft`."""
    with transaction():
        draft = add_draft(account, name, by, ALL)
        _change(draft, changes or {}, contents, uploaded)
    return draft


def add_draft(
    account: OfficialAccount, name: str, by: str, audience: str, form_key: str | None = None
) -> Broadcast:
    """Create a draft inside the caller's transaction. `audience`: of what kind it is, before
    anything else of it is saved. `form_key`: raise SQLAlchemy's IntegrityError where a draft has it
    already."""
    broadcast = Broadcast(
        official_account=account,
        name=name[:LONGEST_NAME],
        audience=audience,
        form_key=form_key,
        created_by=by,
        created_at=utcnow(),
    )
    db.session.add(broadcast)
    db.session.flush()
    return broadcast


def values_of(broadcast: Broadcast) -> dict[str, object]:
    """Return what a save may change, for the fingerprints that a form carries."""
    contents = [_saved(variant) for variant in Variant.of_broadcast(broadcast.id)]
    return {name: getattr(broadcast, name) for name in EDITABLE} | {"contents": contents}


def seen_of(broadcast: Broadcast) -> dict[str, str]:
    return fingerprints(values_of(broadcast))


def base_of(broadcast: Broadcast, number: int) -> str:
    """Return the fingerprint of what is saved of a variant, and of what is set with it."""
    variants = Variant.of_broadcast(broadcast.id)
    saved = _saved(variants[number]) if number < len(variants) else None
    return fingerprint([saved, [getattr(broadcast, name) for name in SET_WITH_MESSAGES]])


def _saved(variant: Variant) -> list[object]:
    return [variant.template_id, variant.messages, variant.tracks_links]


def save_draft(
    broadcast: Broadcast,
    changes: Mapping[str, Any],
    contents: Sequence[Content] | None = None,
    seen: Seen | None = None,
    written: Written | None = None,
    uploaded: Uploaded | None = None,
) -> None:
    """Save checked values by their names in `EDITABLE`. `seen`: the fingerprints that the person
    saw of them. `written`: the variant's draft that is saved with them, and ends. `uploaded`: the
    new audience. Raise `ChangedMeanwhile`, `DraftChanged`, `DraftEnded` or `WrongState`."""
    with transaction():
        draft = held_in(broadcast, DRAFT)
        refuse_overwrite(seen, _seen_values(draft, seen))
        if written is not None:
            _end_written(draft, written)
        _change(draft, changes, contents, uploaded)
        draft.version += 1


def _change(
    draft: Broadcast,
    changes: Mapping[str, Any],
    contents: Sequence[Content] | None,
    uploaded: Uploaded | None = None,
) -> None:
    if "audience" in changes or "list_id" in changes:
        _forget_audience(draft, changes)
    for name in EDITABLE:
        if name in changes:
            setattr(draft, name, changes[name])
    if contents is not None:
        _store(draft, contents)
        _drop_drafts(draft, max(len(contents), 1))
    if uploaded is not None:
        fill(draft, uploaded)
    draft.reason = draft.error = ""


def _seen_values(draft: Broadcast, seen: Seen | None) -> dict[str, object]:
    return {name: value for name, value in values_of(draft).items() if name in (seen or ())}


def held_in(broadcast: Broadcast, *states: str) -> Broadcast:
    """Return the current row, locked; raise `WrongState` where its state is another."""
    current = Broadcast.held(broadcast.id)
    if current is None or current.state not in states or current.archived_at is not None:
        raise WrongState(current.state if current else "")
    return current


def _forget_audience(draft: Broadcast, changes: Mapping[str, Any]) -> None:
    pairs = ((name, getattr(draft, name)) for name in ("audience", "list_id"))
    if all(changes.get(name, value) == value for name, value in pairs):
        return
    start_over(draft)
    draft.list_name, draft.upload = "", None


def _store(draft: Broadcast, contents: Sequence[Content]) -> None:
    affected(delete(Variant).where(Variant.broadcast_id == draft.id))
    db.session.expire_all()
    for number, content in enumerate(contents[:MOST_VARIANTS]):
        variant = Variant(broadcast_id=draft.id, number=number, template_id=content.template_id)
        variant.messages, variant.tracks_links = list(content.messages), content.tracks_links
        db.session.add(variant)


def keep_variant(
    broadcast: Broadcast, written: Written, by: str, saved: Mapping[str, Any]
) -> VariantDraft:
    """Keep what is written for a variant as the draft's next step. `saved`: the content to which
    the first step can be undone. Raise `DraftChanged` or `DraftEnded`, and then store nothing, or
    `WrongState`."""
    with transaction():
        draft = held_in(broadcast, DRAFT)
        current, seen = _held_draft(draft, written.number), written.seen
        refuse_overtaken(current, written.content, seen)
        if current is None:
            values = {
                "installation_id": draft.official_account.installation_id,
                "broadcast_id": draft.id,
                "number": written.number,
                "base": base_of(draft, written.number),
                "content": written.content,
                "changed_by": by,
            }
            current = begun(VariantDraft, values, saved)
            assert current is not None  # noqa: S101 - whoever begins one holds the broadcast
            seen = SeenDraft(current.id)
        keep(current, written.content, by, seen)
    return current


def remove_variant(broadcast: Broadcast, number: int, seen: Seen | None = None) -> None:
    """Remove a variant with what is written for it; those after it move up. `seen`: the fingerprint
    of the contents that the person saw. Raise `ChangedMeanwhile` or `WrongState`."""
    with transaction() as session:
        draft = held_in(broadcast, DRAFT)
        refuse_overwrite(seen, _seen_values(draft, seen))
        contents = contents_of(draft)
        if number >= len(contents) or len(contents) < 2:
            return
        del contents[number]
        _store(draft, contents)
        for kept in VariantDraft.of_broadcast(draft.id):
            if kept.number == number:
                drop(kept)
            elif kept.number > number:
                kept.number -= 1
                session.flush()
        draft.version += 1


def add_variant(broadcast: Broadcast) -> int:
    """Add a variant that begins as a copy of the first one, where there is room for it; return the
    number of the last one. Raise `WrongState`."""
    with transaction():
        draft = held_in(broadcast, DRAFT)
        contents = contents_of(draft)
        if 0 < len(contents) < MOST_VARIANTS:
            contents.append(contents[0])
            _store(draft, contents)
            draft.version += 1
    return max(len(contents) - 1, 0)


def contents_of(broadcast: Broadcast) -> list[Content]:
    variants = Variant.of_broadcast(broadcast.id)
    return [Content(v.messages, v.template_id, v.tracks_links) for v in variants]


def drop_written(broadcast: Broadcast) -> bool:
    """Drop what was written and taken back, inside the caller's transaction; False where something
    is left to be saved or discarded."""
    if VariantDraft.any_unsaved(broadcast.id):
        return False
    _drop_drafts(broadcast)
    return True


def _held_draft(broadcast: Broadcast, number: int) -> VariantDraft | None:
    where = VariantDraft.broadcast_id == broadcast.id, VariantDraft.number == number
    return held(VariantDraft, *where)


def _end_written(broadcast: Broadcast, written: Written) -> None:
    draft = _held_draft(broadcast, written.number)
    refuse_overtaken(draft, written.content, written.seen)
    if draft is not None:
        drop(draft)


def _drop_drafts(broadcast: Broadcast, least: int = 0) -> None:
    for draft in VariantDraft.of_broadcast(broadcast.id):
        if draft.number >= least:
            drop(draft)


def duplicate(broadcast: Broadcast, name: str, by: str = "") -> Broadcast:
    """Make a draft with the same audience, contents and settings; an upload is not copied."""
    with transaction():
        return add_copy(broadcast, name, by)


def add_copy(broadcast: Broadcast, name: str, by: str) -> Broadcast:
    """Duplicate inside the caller's transaction."""
    copied = {each: getattr(broadcast, each) for each in EDITABLE if each not in NOT_COPIED}
    copy = add_draft(broadcast.official_account, name, by, broadcast.audience)
    _change(copy, copied, contents_of(broadcast))
    copy.list_name = broadcast.list_name
    return copy


def archive(broadcast: Broadcast) -> None:
    """Hide a draft or an ended broadcast; what it sent stays. Raise `WrongState`."""
    with transaction():
        current = held_in(broadcast, DRAFT, "finished", "cancelled")
        current.archived_at = current.archived_at or utcnow()
        _drop_drafts(current)
