"""Which HubSpot object a call or an event is about: Musubi handles contacts only."""

# By name, as workflows write it, and by object type id (HubSpot's guide "Understanding the CRM").
CONTACT = frozenset({"contact", "contacts", "0-1"})


def is_contact(*spellings: object) -> bool:
    """Return whether every given spelling names the contact object; None and "" are ignored."""
    # Ids of different objects overlap: only the type distinguishes contact 7 from deal 7. Musubi
    # asks HubSpot for contacts alone, so a missing spelling says nothing.
    names = [str(name).strip().lower() for name in spellings if name is not None and name != ""]
    return all(name in CONTACT for name in names)
