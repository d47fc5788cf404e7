"""The action "Tag LINE friend": tags are given and taken away."""

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.people import Friend, Linkage
from plugin.models.sending import ActionCall
from plugin.models.tag import Tag
from plugin.models.upsert import insert_or
from plugin.services.desk import NOT_LINKED, Desk, NoAccount
from plugin.services.executions import FAIL_CONTINUE, SUCCESS, Action, Answer
from plugin.services.link_friend import owe_mirror

LONGEST, MOST = 50, 100
# HubSpot shows a friend's tags as one text, parted by semicolons.
PARTED = re.compile(r"[,;、\n]")


class InvalidTag(ValueError):
    """Says what is wrong with a tag."""


def tag_friend(desk: Desk, call: ActionCall, inputs: Mapping[str, str]) -> Answer:
    """Add or remove; a tag that is there already, or is not, makes no difference."""
    try:
        account = desk.account(inputs.get("official_account", ""))
        tags = read_tags(inputs.get("tag", ""), inputs.get("new_tags", ""))
    except NoAccount as error:
        return _refused("failed", str(error))
    except InvalidTag as error:
        return _refused("invalid_tag", str(error))
    friend = desk.friend(account, call.contact_id)
    if friend is None:
        return _refused("not_linked", NOT_LINKED)
    friend = locked(friend)
    removes = inputs.get("operation", "").strip().lower() == "remove"
    wanted = without(friend.tags, tags) if removes else with_more(friend.tags, tags)
    if len(wanted) > MOST:
        return _refused("invalid_tag", f"A friend can carry {MOST} tags at most.")
    if not removes:
        know_tags(call.installation_id, tags)
    set_tags(friend, wanted)
    return Answer(SUCCESS, {"result": "tagged", "tags": "; ".join(wanted), "error": ""})


def read_tags(*texts: str) -> list[str]:
    """The tags of several fields, each once. Raises `InvalidTag`."""
    named = [" ".join(part.split()) for text in texts for part in PARTED.split(text)]
    tags = list(dict.fromkeys(filter(None, named)))
    if not tags:
        raise InvalidTag("Choose a tag, or write one.")
    for tag in tags:
        if len(tag) > LONGEST or "{{" in tag:
            raise InvalidTag(f"A tag has {LONGEST} characters at most and no {{{{ }}}}: {tag[:60]}")
    return tags


def with_more(tags: Sequence[str], more: Sequence[str]) -> list[str]:
    """The tags and those that are new, in their order."""
    return list(dict.fromkeys([*tags, *more]))


def without(tags: Sequence[str], fewer: Sequence[str]) -> list[str]:
    """The tags that stay."""
    return [tag for tag in tags if tag not in fewer]


def locked(friend: Friend) -> Friend:
    """The friend as he stands now, held until the caller's transaction ends."""
    db.session.flush()
    mine = select(Friend).where(Friend.id == friend.id).with_for_update(of=Friend)
    return db.session.scalars(mine.execution_options(populate_existing=True)).unique().one()


def know_tags(installation_id: int, names: Sequence[str]) -> None:
    """Remember tags to choose from, inside the caller's transaction."""
    now = utcnow()
    rows = [{"installation_id": installation_id, "name": name, "created_at": now} for name in names]
    db.session.execute(insert_or(Tag).on_conflict_do_nothing(), rows)


def set_tags(friend: Friend, tags: list[str]) -> None:
    """Give a friend exactly these, inside the caller's transaction; HubSpot is told."""
    if tags == list(friend.tags):
        return
    friend.tags = tags
    linkage: Linkage | None = friend.linkage
    if linkage is not None:
        owe_mirror(linkage.contact)


def _refused(result: str, error: str) -> Answer:
    return Answer(FAIL_CONTINUE, {"result": result, "tags": "", "error": error})


TAG_FRIEND = Action("tag-friend", tag_friend)
