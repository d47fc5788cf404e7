"""A mailbox: emails sent by SMTP, and marketing emails with tokens and tracked links."""

from typing import Any

from flask import render_template, request

from plugin.sandbox.hubspot import records
from plugin.sandbox.hubspot.pages.rendering import render
from plugin.sandbox.hubspot.pages.screens import name_of, screens
from plugin.sandbox.hubspot.seeding import PORTAL
from plugin.sandbox.world import world

Value = dict[str, Any]
URL_TOKEN = "{{ contact.line_linkage_url }}"
TOKEN = "{{ contact.line_linkage_token }}"


@screens.get("/mailbox")
def mailbox() -> str:
    """`?portal=&contact=&page=<linkage page>`: emails by SMTP and four marketing emails to a
    contact.

    Without a contact: the newest emails by SMTP to anybody.
    """
    portal = request.args.get("portal", PORTAL, type=int)
    contact = records.find(world(), portal, request.args.get("contact", ""))
    properties = contact["properties"] if contact else {}
    page = request.args.get("page") or properties.get("line_linkage_url", "").partition("?")[0]
    return render_template(
        "hubspot/mailbox.html",
        portals=world().store.all("portal"),
        portal=portal,
        contacts=[(row["id"], name_of(row)) for row in _first(portal)],
        contact=contact,
        name=name_of(contact) if contact else "",
        page=page,
        mails=_mails(contact, page) if contact else [],
        letters=_letters(properties.get("email", "").lower() if contact else None),
    )


def _letters(address: str | None) -> list[Value]:
    """The emails that the sandbox's SMTP server accepted, newest first."""
    every = reversed(world().store.all("letter"))
    return [letter for letter in every if address is None or address in letter["to"]][:20]


def _first(portal: int) -> list[Value]:
    return world().store.all(f"contact:{portal}")[:200]


def _mails(contact: Value, page: str) -> list[Value]:
    # Each with the link that its marketer typed, and the link that arrives.
    values, with_token = contact["properties"], f"{page}?t={TOKEN}" if page else ""
    emptied = {**values, "line_linkage_token": "", "line_linkage_url": ""}
    mails = [
        ("url", "The whole address from the contact's property", URL_TOKEN, values),
        ("token", "Our page, with the contact's token", with_token, values),
        ("test", "A test send: tokens stay as they are", with_token, None),
        ("empty", "A contact whose property is empty", with_token, emptied),
    ]
    return [
        {
            "id": name,
            "title": title,
            "typed": typed,
            "greeting": (values.get("firstname") or "there")
            if known
            else "{{ contact.firstname }}",
            "link": _tracked(render(typed, known) if known else typed, contact["id"]),
        }
        for name, title, typed, known in mails
    ]


def _tracked(link: str, contact_id: str) -> str:
    # HubSpot's click tracking adds its own parameters to every link with an address.
    if not link.startswith(("http://", "https://")):
        return link
    # Appended blindly, as the real one does; landing pages have to ignore what they do not know.
    mark = "&" if "?" in link else "?"
    return f"{link}{mark}_hsenc=p2ANqtz-8sandbox{contact_id}&_hsmi=10000001&utm_source=hs_email"
