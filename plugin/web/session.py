"""The session of a person who signed in through HubSpot."""

from typing import NamedTuple

from flask import g, session

from plugin.models.connections.installation import Installation
from plugin.models.connections.member import Member
from plugin.services.connections.sessions import (
    begin_session,
    end_session,
    end_sessions,
    find_session,
)

KEY = "signed_in"


class Person(NamedTuple):
    """A member of a portal's team; the portal is the tenant of all their pages."""

    member: Member
    installation: Installation


def sign_in(installation: Installation, member: Member) -> None:
    # Begin an empty session, so that nothing an attacker put into the old one survives.
    language = session.get("language")
    sign_out()
    session.clear()
    session[KEY] = begin_session(installation, member)
    if language:
        session["language"] = language


def sign_out() -> None:
    # End the session on the server, so that a copied cookie opens nothing; keep the language.
    token = session.pop(KEY, "")
    if token:
        end_session(token)


def sign_out_everywhere() -> None:
    """End the person's sessions in every browser."""
    end_sessions(person().member)
    session.pop(KEY, None)


def find_person() -> Person | None:
    """Return the session's person as stored now, or None; a removed one is signed out."""
    token = session.get(KEY)
    if not token:
        return None
    signed_in = find_session(token)
    if signed_in is None:
        session.pop(KEY)
        return None
    if signed_in.new_token:
        session[KEY] = signed_in.new_token
    return Person(signed_in.member, signed_in.installation)


def person() -> Person:
    """Return the person whom the guard let in."""
    member: Person = g.person
    return member


def tenant() -> int:
    """Return the installation's id, which every query of a page begins with."""
    return person().installation.id
