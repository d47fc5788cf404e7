"""The rules of tying: one friend has at most one contact, one contact at most one friend."""

from typing import Literal

Method = Literal["qr", "email", "import", "property", "manual"]
Decision = Literal["link", "already_linked", "friend_taken", "contact_taken"]


def decide(
    friend: int, contact: int, friends_contact: int | None, contacts_friend: int | None
) -> Decision:
    """What a wish to tie `friend` and `contact` (row ids) comes to, given what is tied now.

    A link that exists is never moved silently: the wish becomes a conflict for a person.
    """
    if friends_contact == contact and contacts_friend == friend:
        return "already_linked"
    if friends_contact is not None:
        return "friend_taken"
    if contacts_friend is not None:
        return "contact_taken"
    return "link"


def looks_like_user_id(text: str) -> bool:
    """Whether text has the form of LINE's user ids: `U` and 32 lower-case hexadecimal digits."""
    digits = text[1:]
    return len(text) == 33 and text[0] == "U" and all(sign in "0123456789abcdef" for sign in digits)


def masked_email(email: str) -> str:
    """Enough for its owner to recognise, too little for a stranger: `a••••@example.com`."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}••••{at}{domain}" if at else ""
