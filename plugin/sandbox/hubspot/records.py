"""Contact records and their changes, each with the webhooks it causes."""

from collections.abc import Mapping
from typing import Any

from plugin.sandbox.hubspot import times
from plugin.sandbox.hubspot.api import schema
from plugin.sandbox.hubspot.api.answers import email_taken, invalid_properties, not_found
from plugin.sandbox.hubspot.switches import switches
from plugin.sandbox.hubspot.workflows.webhooks import emit
from plugin.sandbox.world import World

Value = dict[str, Any]
FIRST_ID = 150_000_000_001


def find(world: World, portal: int, contact_id: object) -> Value | None:
    """Return a contact by its record id, or by the id of one merged into it; None if deleted."""
    contact = world.store.get(f"contact:{portal}", contact_id)
    if contact is not None:
        return contact
    alias = world.store.get(f"merged:{portal}", contact_id)
    return find(world, portal, alias["into"]) if alias else None


def find_by(world: World, portal: int, name: str, value: str) -> Value | None:
    """Return a contact by the value of a unique property; an email in any case."""
    if name == "hs_object_id":
        return find(world, portal, value)
    key = schema.normal(world, portal, name, value)
    known = world.store.get(f"unique:{portal}:{name}", key)
    return find(world, portal, known["id"]) if known else None


def require(world: World, portal: int, contact_id: object) -> Value:
    contact = find(world, portal, contact_id)
    if contact is None:
        raise not_found()
    return contact


def check(
    world: World, portal: int, properties: Mapping[str, Any], own_id: str | None = None
) -> None:
    """Raise HubSpot's error for writing these values on contact `own_id`, or on a new one."""
    wrong = schema.problems(world, portal, properties)
    if wrong:
        raise invalid_properties(wrong)
    for name, value in properties.items():
        if not value or not schema.is_unique(world, portal, name):
            continue
        holder = find_by(world, portal, name, str(value))
        if holder and holder["id"] != own_id:
            raise email_taken(holder["id"])


def create(
    world: World, portal: int, properties: Mapping[str, Any], source: str, *, notify: bool = True
) -> Value:
    """Create a contact; the values must have passed `check`. `notify`: send creation webhooks."""
    now = world.clock.millis()
    with world.store as store:
        contact_id = str(store.next_id("contact", FIRST_ID))
        contact: Value = {
            "id": contact_id,
            "portal": portal,
            "createdAt": now,
            "updatedAt": now,
            "properties": {
                "hs_object_id": contact_id,
                "createdate": times.iso(now),
                "lastmodifieddate": times.iso(now),
            },
        }
        if notify:
            emit(world, portal, "object.creation", contact_id, source)
        _write(world, contact, properties, source)
    return contact


def update(world: World, contact: Value, properties: Mapping[str, Any], source: str) -> Value:
    """Write checked values on a contact; an empty text clears."""
    with world.store:
        now = world.clock.millis()
        contact["updatedAt"] = now
        contact["properties"]["lastmodifieddate"] = times.iso(now)
        return _write(world, contact, properties, source)


def _write(world: World, contact: Value, properties: Mapping[str, Any], source: str) -> Value:
    portal, changed = contact["portal"], []
    for name, value in properties.items():
        text = schema.normal(world, portal, name, value)
        before = contact["properties"].get(name) or ""
        if text == before:
            # Writing the same value is no change, and causes no webhook.
            continue
        if schema.is_unique(world, portal, name):
            _reindex(world, contact, name, before, text)
        contact["properties"][name] = text
        entry = {"value": text, "timestamp": times.iso(world.clock.millis()), "sourceType": source}
        contact.setdefault("history", {}).setdefault(name, []).insert(0, entry)
        changed.append((name, text))
    world.store.put(f"contact:{portal}", contact["id"], contact)
    for name, text in changed:
        emit(
            world,
            portal,
            "object.propertyChange",
            contact["id"],
            source,
            propertyName=name,
            propertyValue=text,
        )
    return contact


def _reindex(world: World, contact: Value, name: str, before: str, after: str) -> None:
    kind = f"unique:{contact['portal']}:{name}"
    if before:
        world.store.delete(kind, before)
    if after:
        world.store.put(kind, after, {"id": contact["id"]})


def _index(world: World, contact: Value, listed: bool) -> None:
    """Add all unique values of a contact to the index, or remove them."""
    for name, text in contact["properties"].items():
        if text and schema.is_unique(world, contact["portal"], name):
            _reindex(world, contact, name, text, text if listed else "")


def archive(world: World, portal: int, contact_id: object, source: str) -> None:
    """Delete a contact, restorable. Deleting it twice is no error."""
    with world.store as store:
        contact = store.delete(f"contact:{portal}", contact_id)
        if contact is None:
            # Repeating a deletion is no error in HubSpot either.
            return
        _index(world, contact, listed=False)
        _leave_lists(world, contact)
        store.put(f"archived:{portal}", contact_id, contact)
    emit(world, portal, "object.deletion", str(contact_id), source)


def restore(world: World, portal: int, contact_id: object, source: str) -> None:
    with world.store as store:
        contact = store.delete(f"archived:{portal}", contact_id)
        if contact is None:
            raise not_found()
        store.put(f"contact:{portal}", contact_id, contact)
        _index(world, contact, listed=True)
    emit(world, portal, "object.restore", str(contact_id), source)


def forget(world: World, portal: int, contact_id: str, source: str) -> None:
    """Privacy deletion: not restorable, reported by two events in no particular order."""
    with world.store as store:
        contact = store.delete(f"contact:{portal}", contact_id)
        contact = store.delete(f"archived:{portal}", contact_id) or contact
        if contact is None:
            raise not_found()
        _index(world, contact, listed=False)
        _leave_lists(world, contact)
    # Two events for one deletion; the documentation promises no order.
    emit(world, portal, "contact.privacyDeletion", contact_id, source)
    emit(world, portal, "object.deletion", contact_id, source)


def _leave_lists(world: World, contact: Value) -> None:
    for list_id in world.store.keys(f"list:{contact['portal']}"):
        world.store.delete(f"member:{contact['portal']}:{list_id}", contact["id"])


def merge(world: World, portal: int, primary_id: object, other_id: object, source: str) -> Value:
    """Merge two contacts: the primary's values win; a switch decides whether the id is new."""
    with world.store:
        primary, other = require(world, portal, primary_id), require(world, portal, other_id)
        moved = _moved_values(primary, other)
        replaced = [primary, other] if switches(world)["merge_creates_id"] else [other]
        for contact in replaced:
            # Before anything is written: unique values may pass to the merge target.
            _index(world, contact, listed=False)
            world.store.delete(f"contact:{portal}", contact["id"])
        if primary in replaced:
            target = create(world, portal, {**_plain(primary), **moved}, source, notify=False)
        else:
            target = update(world, primary, moved, source)
        _redirect_ids(world, replaced, target)
    ids = {"primaryObjectId": int(primary["id"]), "newObjectId": int(target["id"])}
    merged = [int(contact["id"]) for contact in replaced]
    more = {**ids, "mergedObjectIds": merged, "numberOfPropertiesMoved": len(moved)}
    emit(world, portal, "object.merge", target["id"], source, **more)
    return target


def _redirect_ids(world: World, replaced: list[Value], target: Value) -> None:
    # Redirect the old ids to the merge target, which joins their lists.
    portal, ids = target["portal"], [contact["id"] for contact in replaced]
    for contact in replaced:
        world.store.put(f"merged:{portal}", contact["id"], {"into": target["id"]})
        _move_lists(world, contact, target)
    target["properties"]["hs_merged_object_ids"] = ";".join(ids)
    world.store.put(f"contact:{portal}", target["id"], target)


def _plain(contact: Value) -> dict[str, str]:
    return {k: v for k, v in contact["properties"].items() if v and k not in schema.READ_ONLY}


def _moved_values(primary: Value, other: Value) -> dict[str, str]:
    # Values only the other has. The primary's email stays; the second would be a secondary one.
    own = _plain(primary)
    return {name: text for name, text in _plain(other).items() if name not in own}


def _move_lists(world: World, old: Value, new: Value) -> None:
    for list_id in world.store.keys(f"list:{old['portal']}"):
        kind = f"member:{old['portal']}:{list_id}"
        joined = world.store.delete(kind, old["id"])
        if joined:
            world.store.put(kind, new["id"], joined)
