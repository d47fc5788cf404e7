"""The session of a person who came in through HubSpot."""

from typing import NamedTuple

from flask import g, session

from plugin.models.base import db
from plugin.models.installation import Installation, Member


class Person(NamedTuple):
    """Somebody of a portal's team, and the portal: the tenant of everything on his pages."""

    member: Member
    installation: Installation


def sign_in(installation: Installation, member: Member) -> None:
    """Begin an empty session, so that nothing planted before the sign-in lives on."""
    language = session.get("language")
    session.clear()
    session["installation"], session["member"] = installation.id, member.id
    if language:
        session["language"] = language


def sign_out() -> None:
    """Forget the person, keep the language."""
    session.pop("installation", None)
    session.pop("member", None)


def find_person() -> Person | None:
    """Whom the session names, as the rows stand now; whoever is gone is signed out."""
    if "member" not in session:
        return None
    installation = Installation.by_id(session.get("installation", 0))
    member = db.session.get(Member, session["member"])
    if installation is None or member is None or member.installation_id != installation.id:
        sign_out()
        return None
    return Person(member, installation)


def person() -> Person:
    """The person the guard let in."""
    found: Person = g.person
    return found


def tenant() -> int:
    """The Installation's id, which every query of a page begins with."""
    return person().installation.id
