"""The portal's lists: made, filled and emptied by hand."""

from itertools import islice
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot.api import lists
from plugin.sandbox.hubspot.pages.screens import name_of, portal_or_404, screens
from plugin.sandbox.world import world

SHOWN = 100
Value = dict[str, Any]


@screens.get("/portal/<int:portal>/lists")
def portal_lists(portal: int) -> str:
    known, sandbox = portal_or_404(portal), world()
    rows = [(row, lists.size(sandbox, portal, row)) for row in sandbox.store.all(f"list:{portal}")]
    return render_template("hubspot/lists.html", portal=known, lists=rows)


@screens.post("/portal/<int:portal>/lists")
def new_list(portal: int) -> Response:
    portal_or_404(portal)
    name = request.form.get("name", "").strip()
    taken = [row["name"] for row in world().store.all(f"list:{portal}")]
    if not name or name in taken:
        note = f"There is already a list named '{name}'." if name else "A list needs a name."
        return redirect(url_for(".portal_lists", portal=portal, note=note), 303)
    made = lists.make_list(world(), portal, name, "MANUAL")
    return redirect(url_for(".one_list", portal=portal, list_id=made["listId"]), 303)


@screens.get("/portal/<int:portal>/lists/<list_id>")
def one_list(portal: int, list_id: str) -> str:
    """The members, and the contacts that can be added, as far as a page shows them."""
    known, chosen = portal_or_404(portal), _list_or_404(portal, list_id)
    store = world().store
    member_ids = lists.member_ids(world(), portal, chosen)
    members = (store.get(f"contact:{portal}", contact_id) for contact_id in member_ids)
    inside = set(member_ids)
    others = (row for row in store.all(f"contact:{portal}") if row["id"] not in inside)
    return render_template(
        "hubspot/list.html",
        portal=known,
        list=chosen,
        by_hand=chosen["processingType"] != "DYNAMIC",
        size=len(member_ids),
        members=[(row["id"], name_of(row)) for row in islice(filter(None, members), SHOWN)],
        others=[(row["id"], name_of(row)) for row in islice(others, SHOWN)],
    )


@screens.get("/hubspot-app/contacts/<int:portal>/objectLists/<list_id>")
def opened_list(portal: int, list_id: str) -> Response:
    """The address that apps link to."""
    return redirect(url_for(".one_list", portal=portal, list_id=list_id))


@screens.post("/portal/<int:portal>/lists/<list_id>")
def change_members(portal: int, list_id: str) -> Response:
    """Add the contact `add`, or remove the contact `remove`."""
    chosen, store = _list_or_404(portal, list_id), world().store
    added, removed = request.form.get("add", ""), request.form.get("remove", "")
    if chosen["processingType"] == "DYNAMIC":
        abort(400)
    if store.get(f"contact:{portal}", added):
        lists.add_members(world(), portal, list_id, [added])
    store.delete(f"member:{portal}:{list_id}", removed)
    return redirect(url_for(".one_list", portal=portal, list_id=list_id), 303)


@screens.post("/portal/<int:portal>/lists/<list_id>/delete")
def delete_list(portal: int, list_id: str) -> Response:
    lists.delete_list(world(), portal, list_id)
    return redirect(url_for(".portal_lists", portal=portal, note="The list is deleted."), 303)


def _list_or_404(portal: int, list_id: str) -> Value:
    return world().store.get(f"list:{portal}", list_id) or abort(404)
