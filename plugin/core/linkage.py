"""The linkage rule: one friend has at most one contact, one contact at most one friend."""

from typing import Literal

Method = Literal["qr", "email", "import", "property", "manual"]
# The ways that lead through LINE Login.
BY_LOGIN: tuple[Method, ...] = ("qr", "email")
Decision = Literal["link", "already_linked", "friend_taken", "contact_taken"]


def decide(
    friend: int, contact: int, friends_contact: int | None, contacts_friend: int | None
) -> Decision:
    """Decide a request to link two rows (ids), given what each is linked to now."""
    # A link that exists never moves silently: the request becomes a conflict for a person.
    if friends_contact == contact and contacts_friend == friend:
        return "already_linked"
    if friends_contact is not None:
        return "friend_taken"
    if contacts_friend is not None:
        return "contact_taken"
    return "link"


def looks_like_user_id(text: str) -> bool:
    digits = text[1:]
    return len(text) == 33 and text[0] == "U" and all(d in "0123456789abcdef" for d in digits)


def masked_email(email: str) -> str:
    """Show enough for its owner to recognise, too little for others: `a••••@example.com`."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}••••{at}{domain}" if at else ""
