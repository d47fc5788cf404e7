"""Why a friend is not linked with a contact, or why HubSpot does not show the linkage."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from plugin.core.diagnosis.step import Remedy, Step, failing, ok, unknown
from plugin.core.text.sentences import N_, Sentence

# How a login ended, and what to do: words with its code and its time.
ENDS: dict[str, tuple[str, Remedy]] = {
    "": (N_("They logged in at “%(code)s” on %(at)s and closed or cancelled the page without"
            " agreeing. Ask them, or send the link again."), "codes"),
    "nobody": (N_("They logged in at “%(code)s” on %(at)s, but HubSpot has no contact with their"
                  " email address, and the code makes none."), "link_by_hand"),
    "welcome": (N_("They came by “%(code)s” on %(at)s, which welcomes friends and links nobody."),
                "codes"),
    "contact_gone": (N_("They logged in at “%(code)s” on %(at)s, but the contact of their link is"
                        " deleted in HubSpot."), "link_by_hand"),
    "used": (N_("Their personal link was used already when they logged in on %(at)s; somebody else"
                " may have been sent it."), "link_by_hand"),
    "revoked": (N_("Their personal link was withdrawn before they logged in on %(at)s."),
                "link_by_hand"),
    "proposed": (N_("They typed an email address on %(at)s that nobody vouches for; a person"
                    " decides."), "conflicts"),
    "friend_taken": (N_("They logged in on %(at)s with a link of another contact than they were"
                        " linked with."), "conflicts"),
    "contact_taken": (N_("They logged in on %(at)s with a link whose contact is another friend's."),
                      "conflicts"),
}  # fmt: skip
DAMAGED = N_("Their personal link arrived damaged on %(at)s, so it named no contact. Send it again,"
             " or link by hand.")  # fmt: skip
OTHER_END = N_("They logged in at “%(code)s” on %(at)s, and nothing was linked.")
CONFLICTS = {
    "friend_taken": N_("A link was asked for while the friend was linked otherwise. It waits for"
                       " your decision."),
    "contact_taken": N_("A link was asked for with a contact that another friend has. It waits for"
                        " your decision."),
    "unconfirmed": N_("The friend typed a contact's email address, and nobody vouches for it. It"
                      " waits for your decision."),
}  # fmt: skip


class AccountFacts(NamedTuple):
    """`provider_ok`: whether both channels are of one provider, None: not proven. `has_code`: a QR
    code that links is open now. `turned_back`: visits that ended before LINE said who it was."""

    name: str
    can_login: bool = True
    provider_ok: bool | None = None
    has_code: bool = True
    turned_back: int = 0


class LoginFacts(NamedTuple):
    """The friend's newest login. `outcome` "": not confirmed; `is_open`: it still can be."""

    at: datetime
    code: str
    outcome: str = ""
    is_open: bool = False
    token_missing: bool = False


class EndFacts(NamedTuple):
    """How the friend's last linkage ended, by the history. `actor` as it stands there."""

    event_type: str
    at: datetime
    contact_id: int
    actor: str = ""
    by_deletion: bool = False


class ContactFacts(NamedTuple):
    """The linked contact. `troubles`: names of LINE properties that HubSpot does not take."""

    contact_id: int
    linked_at: datetime
    is_deleted: bool = False
    push_error: str = ""
    push_pending: bool = False
    troubles: tuple[str, ...] = ()
    hubspot_waits: bool = False


class LinkFacts(NamedTuple):
    """`conflict`: the decision of an open conflict; `kept_at`: when a person last turned a request
    down; `refused`: the newest value of a LINE User ID property that named nobody known."""

    account: AccountFacts
    contact: ContactFacts | None = None
    login: LoginFacts | None = None
    end: EndFacts | None = None
    conflict: str = ""
    kept_at: datetime | None = None
    refused: EndFacts | None = None


def explain_link(facts: LinkFacts) -> list[Step]:
    """Return the steps in the order of the way; for a linked friend those behind the link."""
    if facts.contact is not None:
        return list(_of_contact(facts.contact))
    if facts.end is not None and facts.end.event_type == "erased":
        text = Sentence(
            "HubSpot was asked on %(at)s to forget this person. If they write again, they come as"
            " a new friend.",
            at=facts.end.at,
        )
        return [failing("erased", text)]
    return [*_of_account(facts.account), *_of_login(facts), *_of_history(facts)]


def _of_contact(contact: ContactFacts) -> Iterator[Step]:
    linked = Sentence(
        "Linked with contact %(id)s since %(at)s.", id=contact.contact_id, at=contact.linked_at
    )
    yield ok("linked", linked)
    if contact.is_deleted:
        gone = Sentence("The contact is deleted in HubSpot. Link the friend with another one.")
        yield failing("contact", gone, "link_by_hand")
    elif contact.push_error:
        refused = Sentence("HubSpot refused the LINE values: %(why)s", why=contact.push_error)
        yield failing("hubspot", refused, "properties")
    elif contact.troubles:
        names = ", ".join(contact.troubles)
        yield failing(
            "hubspot", Sentence("HubSpot does not take %(names)s.", names=names), "properties"
        )
    elif contact.push_pending and contact.hubspot_waits:
        waits = Sentence("The LINE values wait until Musubi is connected with HubSpot again.")
        yield failing("hubspot", waits, "hubspot")
    elif contact.push_pending:
        yield unknown("hubspot", Sentence("The LINE values are being written to HubSpot."))
    else:
        yield ok("hubspot", Sentence("HubSpot shows the LINE values."), "record")


def _of_account(account: AccountFacts) -> Iterator[Step]:
    if not account.can_login:
        text = Sentence(
            "%(account)s has no LINE Login channel, so friends cannot link themselves.",
            account=account.name,
        )
        yield failing("login", text, "add_login")
    elif account.provider_ok is False:
        text = Sentence(
            "The LINE Login channel of %(account)s does not fit its Official Account, so logins"
            " are refused.",
            account=account.name,
        )
        yield failing("login", text, "account")
    else:
        yield ok("login", Sentence("Friends of %(account)s can log in.", account=account.name))
    if account.has_code:
        yield ok("code", Sentence("A QR code that links is open."), "codes")
    else:
        yield failing("code", Sentence("No QR code that links is open now."), "new_code")


def _of_login(facts: LinkFacts) -> Iterator[Step]:
    login = facts.login
    if login is not None:
        yield _login_step(login)
        return
    yield unknown("opened", Sentence(
        "No login of this friend in the last days. Send them a QR code or a personal link; LINE"
        " says who somebody is only once they log in."), "codes")  # fmt: skip
    if facts.account.turned_back:
        yield unknown("turned_back", Sentence(
            "Visits of the last 7 days that ended before that: %(visits)s (declined at LINE, in"
            " another browser, too late, or with a damaged link). This friend may be among them.",
            visits=facts.account.turned_back), "codes")  # fmt: skip


def _login_step(login: LoginFacts) -> Step:
    values = {"code": login.code, "at": login.at}
    if login.is_open:
        text = N_("They logged in at “%(code)s” on %(at)s and have not agreed yet.")
        return unknown("opened", Sentence(text, **values))
    if login.token_missing and login.outcome in ("", "nobody"):
        return failing("opened", Sentence(DAMAGED, **values), "link_by_hand")
    if login.outcome in ("linked", "already_linked"):
        text = N_("They logged in at “%(code)s” on %(at)s and were linked.")
        return ok("opened", Sentence(text, **values))
    words, remedy = ENDS.get(login.outcome, (OTHER_END, "link_by_hand"))
    return failing("opened", Sentence(words, **values), remedy)


def _of_history(facts: LinkFacts) -> Iterator[Step]:
    if facts.conflict:
        yield failing("conflict", Sentence(CONFLICTS[facts.conflict]), "conflicts")
    elif facts.kept_at is not None:
        text = Sentence("A request to link them was turned down on %(at)s.", at=facts.kept_at)
        yield failing("kept", text, "history")
    if facts.end is not None and facts.end.event_type == "unlinked":
        yield failing("unlinked", _unlinked(facts.end), "history")
    if facts.refused is not None:
        text = Sentence(
            "Contact %(id)s named this friend in HubSpot on %(at)s before Musubi knew them.",
            id=facts.refused.contact_id,
            at=facts.refused.at,
        )
        yield failing("refused", text, "link_by_hand")


def _unlinked(end: EndFacts) -> Sentence:
    values = {"id": end.contact_id, "at": end.at}
    if end.actor == "hubspot:merge":
        return Sentence(
            "Contact %(id)s was merged in HubSpot on %(at)s into one that has another friend.",
            **values,
        )
    if end.by_deletion:
        return Sentence("Contact %(id)s was deleted in HubSpot on %(at)s.", **values)
    if end.actor == "hubspot:property":
        return Sentence(
            "Somebody cleared the LINE User ID of contact %(id)s in HubSpot on %(at)s.", **values
        )
    return Sentence("Unlinked from contact %(id)s on %(at)s by %(who)s.", who=end.actor, **values)
