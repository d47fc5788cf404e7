"""Contact records and what happens to them, each deed with the webhooks it causes."""

from collections.abc import Mapping
from typing import Any

from plugin.sandbox.hubspot import schema, times
from plugin.sandbox.hubspot.answers import email_taken, invalid_properties, not_found
from plugin.sandbox.hubspot.switches import switches
from plugin.sandbox.hubspot.webhooks import emit
from plugin.sandbox.world import World

Value = dict[str, Any]
FIRST_ID = 150_000_000_001


def find(world: World, portal: int, contact_id: object) -> Value | None:
    """A living contact by its record id, or by one that was merged into it."""
    found = world.store.get(f"contact:{portal}", contact_id)
    if found is not None:
        return found
    alias = world.store.get(f"merged:{portal}", contact_id)
    return find(world, portal, alias["into"]) if alias else None


def find_by(world: World, portal: int, name: str, value: str) -> Value | None:
    """A living contact by the value of a unique property; an e-mail in any case."""
    if name == "hs_object_id":
        return find(world, portal, value)
    key = schema.normal(world, portal, name, value)
    known = world.store.get(f"unique:{portal}:{name}", key)
    return find(world, portal, known["id"]) if known else None


def require(world: World, portal: int, contact_id: object) -> Value:
    """`find`, or a 404."""
    found = find(world, portal, contact_id)
    if found is None:
        raise not_found()
    return found


def check(
    world: World, portal: int, properties: Mapping[str, Any], mine: str | None = None
) -> None:
    """Raise what HubSpot would say to writing these values on contact `mine`, or on a new one."""
    wrong = schema.problems(world, portal, properties)
    if wrong:
        raise invalid_properties(wrong)
    for name, value in properties.items():
        if not value or not schema.is_unique(world, portal, name):
            continue
        holder = find_by(world, portal, name, str(value))
        if holder and holder["id"] != mine:
            raise email_taken(holder["id"])


def create(
    world: World, portal: int, properties: Mapping[str, Any], source: str, *, told: bool = True
) -> Value:
    """A new contact; the values must have passed `check`. `told`: webhooks say that it is new."""
    now = world.clock.millis()
    with world.store as store:
        contact_id = str(store.next_id("contact", FIRST_ID))
        made: Value = {
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
        if told:
            emit(world, portal, "object.creation", contact_id, source)
        _write(world, made, properties, source)
    return made


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
            # Writing what is there already is no change, and nobody is told of it.
            continue
        if schema.is_unique(world, portal, name):
            _reindex(world, contact, name, before, text)
        contact["properties"][name] = text
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
    """Make all unique values of a contact findable, or not any more."""
    for name, text in contact["properties"].items():
        if text and schema.is_unique(world, contact["portal"], name):
            _reindex(world, contact, name, text, text if listed else "")


def archive(world: World, portal: int, contact_id: object, source: str) -> None:
    """Delete a contact so that it can be restored. Deleting what is gone is no error."""
    with world.store as store:
        contact = store.delete(f"contact:{portal}", contact_id)
        if contact is None:
            # Repeating a deletion is no error over there either.
            return
        _index(world, contact, listed=False)
        _leave_lists(world, contact)
        store.put(f"archived:{portal}", contact_id, contact)
    emit(world, portal, "object.deletion", str(contact_id), source)


def restore(world: World, portal: int, contact_id: object, source: str) -> None:
    """Bring a deleted contact back under its own id."""
    with world.store as store:
        contact = store.delete(f"archived:{portal}", contact_id)
        if contact is None:
            raise not_found()
        store.put(f"contact:{portal}", contact_id, contact)
        _index(world, contact, listed=True)
    emit(world, portal, "object.restore", str(contact_id), source)


def forget(world: World, portal: int, contact_id: str, source: str) -> None:
    """Privacy deletion: for good, told by two events in no particular order."""
    with world.store as store:
        contact = store.delete(f"contact:{portal}", contact_id)
        contact = store.delete(f"archived:{portal}", contact_id) or contact
        if contact is None:
            raise not_found()
        _index(world, contact, listed=False)
        _leave_lists(world, contact)
    # Two events for one deed; the documentation promises no order.
    emit(world, portal, "contact.privacyDeletion", contact_id, source)
    emit(world, portal, "object.deletion", contact_id, source)


def _leave_lists(world: World, contact: Value) -> None:
    for list_id in world.store.keys(f"list:{contact['portal']}"):
        world.store.delete(f"member:{contact['portal']}:{list_id}", contact["id"])


def merge(world: World, portal: int, primary_id: object, other_id: object, source: str) -> Value:
    """One contact of two: the primary's values win; a switch says whether it gets a new id."""
    with world.store:
        primary, other = require(world, portal, primary_id), require(world, portal, other_id)
        moved = _surplus(primary, other)
        gone = [primary, other] if switches(world)["merge_creates_id"] else [other]
        for contact in gone:
            # Before anything is written: unique values may pass to the survivor.
            _index(world, contact, listed=False)
            world.store.delete(f"contact:{portal}", contact["id"])
        if primary in gone:
            survivor = create(world, portal, {**_plain(primary), **moved}, source, told=False)
        else:
            survivor = update(world, primary, moved, source)
        _succeed(world, gone, survivor)
    ids = {"primaryObjectId": int(primary["id"]), "newObjectId": int(survivor["id"])}
    merged = [int(contact["id"]) for contact in gone]
    more = {**ids, "mergedObjectIds": merged, "numberOfPropertiesMoved": len(moved)}
    emit(world, portal, "object.merge", survivor["id"], source, **more)
    return survivor


def _succeed(world: World, gone: list[Value], survivor: Value) -> None:
    """Old ids lead to the survivor, who joins their lists."""
    portal, ids = survivor["portal"], [contact["id"] for contact in gone]
    for contact in gone:
        world.store.put(f"merged:{portal}", contact["id"], {"into": survivor["id"]})
        _move_lists(world, contact, survivor)
    survivor["properties"]["hs_merged_object_ids"] = ";".join(ids)
    world.store.put(f"contact:{portal}", survivor["id"], survivor)


def _plain(contact: Value) -> dict[str, str]:
    return {k: v for k, v in contact["properties"].items() if v and k not in schema.READ_ONLY}


def _surplus(primary: Value, other: Value) -> dict[str, str]:
    """What only the other has. The primary's e-mail stays; the second would be a secondary one."""
    mine = _plain(primary)
    return {name: text for name, text in _plain(other).items() if name not in mine}


def _move_lists(world: World, old: Value, new: Value) -> None:
    for list_id in world.store.keys(f"list:{old['portal']}"):
        kind = f"member:{old['portal']}:{list_id}"
        joined = world.store.delete(kind, old["id"])
        if joined:
            world.store.put(kind, new["id"], joined)
