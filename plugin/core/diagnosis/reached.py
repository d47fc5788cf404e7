"""Why a friend does not get messages, or will not get the next one."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from plugin.core.broadcasts.reasons import words_of
from plugin.core.diagnosis.step import Remedy, Step, failing, ok, unknown
from plugin.core.text.sentences import N_, Sentence

HUBSPOT = {
    "paused": N_("Sending is paused until somebody resumes it."),
    "disconnected": N_("HubSpot is disconnected, so workflows and broadcasts send nothing."),
    "refused": N_("HubSpot refuses Musubi's access, so messages wait."),
}
# The results of a friend's last message (`core.properties.SEND_RESULTS`), and what to do.
RESULTS: dict[str, tuple[str, Remedy]] = {
    "blocked": (N_("The last message was not sent: they blocked the account then."), ""),
    "not_friend": (N_("The last message was refused: they have not added the account as a friend."),
                   "codes"),
    "wrong_provider": (N_("LINE does not know this user ID for this account: it comes from another"
                          " provider. The friend has to link again."), "codes"),
    "quota_exceeded": (N_("The last message was not sent: the month's messages were used up."),
                       "quota"),
    "capped": (N_("The last message was left out: they had had as many as the frequency cap"
                  " allows."), "rules"),
    "invalid_message": (N_("LINE would not take the last message as it was written."), "messages"),
    "expired": (N_("The last message could not be sent in time."), "messages"),
    "failed": (N_("The last message failed."), "messages"),
    "lost": (N_("LINE's answer to the last message was lost; it may have arrived."), "messages"),
}  # fmt: skip


class SenderFacts(NamedTuple):
    """The account and its tenant. `hubspot`: "" or a key of HUBSPOT; `channel_ok`: LINE took the
    channel at the last check, None: unchecked. `paused_until`: another send reserved the rest."""

    account: str
    hubspot: str = ""
    channel_ok: bool | None = None
    used_up: bool = False
    paused_until: datetime | None = None


class LimitFacts(NamedTuple):
    """Rules of sending as they meet this friend now. `cap`: messages and days, where it is full."""

    cap: tuple[int, int] | None = None
    held_until: datetime | None = None
    held_out: bool = False


class LastSendFacts(NamedTuple):
    """`result`: "", "sent", or a key of RESULTS. `left_out`: the reason and the name of the newest
    broadcast that did not reach them."""

    result: str = ""
    at: datetime | None = None
    waiting_since: datetime | None = None
    left_out: tuple[str, str] | None = None


class ReachFacts(NamedTuple):
    """`status`: following, blocked or unknown, since when where that is known."""

    sender: SenderFacts
    status: str
    status_since: datetime | None = None
    linked: bool = True
    limits: LimitFacts = LimitFacts()
    last: LastSendFacts = LastSendFacts()


def explain_reach(facts: ReachFacts) -> list[Step]:
    """Return the steps in the order in which a message meets them, then what was sent last."""
    return [
        *_of_sender(facts.sender),
        _of_status(facts),
        _of_link(facts.linked),
        *_of_limits(facts.limits),
        *_of_last(facts.last),
    ]


def _of_sender(sender: SenderFacts) -> Iterator[Step]:
    if sender.hubspot:
        yield failing("hubspot", Sentence(HUBSPOT[sender.hubspot]), "hubspot")
    if sender.channel_ok is False:
        text = Sentence("LINE does not let Musubi in as %(account)s.", account=sender.account)
        yield failing("account", text, "account")
    elif not sender.hubspot:
        yield ok("account", Sentence("%(account)s is connected with LINE.", account=sender.account))
    if sender.used_up:
        text = Sentence("The month's messages of %(account)s are used up.", account=sender.account)
        yield failing("quota", text, "quota")
    elif sender.paused_until is not None:
        text = Sentence(
            "Another send has reserved the month's last messages. LINE is asked again on %(at)s.",
            at=sender.paused_until,
        )
        yield failing("quota", text, "quota")


def _of_status(facts: ReachFacts) -> Step:
    since = facts.status_since
    if facts.status == "blocked":
        text = (
            Sentence(
                "They have blocked the account since %(at)s. Only they can undo that.", at=since
            )
            if since
            else Sentence("They block the account. Only they can undo that.")
        )
        return failing("status", text)
    if facts.status == "following":
        return ok("status", Sentence("They have the account as a friend."))
    return unknown("status", Sentence(
        "Whether they have the account as a friend is not known. LINE is asked at the next"
        " message."))  # fmt: skip


def _of_link(linked: bool) -> Step:
    if linked:
        return ok("linked", Sentence("They are linked, so workflows reach them."))
    text = Sentence("They are not linked, so workflows and HubSpot lists do not reach them.")
    return failing("linked", text, "why_linked")


def _of_limits(limits: LimitFacts) -> Iterator[Step]:
    if limits.cap is not None:
        messages, days = limits.cap
        text = Sentence(
            "They have had what the frequency cap allows (%(messages)s per %(days)s d).",
            messages=messages,
            days=days,
        )
        yield failing("cap", text, "rules")
    if limits.held_until is not None:
        text = Sentence("Quiet hours hold messages until %(at)s.", at=limits.held_until)
        yield failing("quiet", text, "rules")
    if limits.held_out:
        text = Sentence(
            "They belong to the friends whom no broadcast reaches, so that results can be compared."
        )
        yield failing("holdout", text, "rules")
    if limits == LimitFacts():
        yield ok("limits", Sentence("No rule of sending holds messages to them now."), "rules")


def _of_last(last: LastSendFacts) -> Iterator[Step]:
    if last.waiting_since is not None:
        text = Sentence("A message waits to be sent since %(at)s.", at=last.waiting_since)
        yield unknown("waiting", text, "messages")
    if last.left_out is not None:
        reason, name = last.left_out
        why = words_of(reason) or Sentence("Not known")
        text = Sentence("The broadcast “%(name)s” left them out: %(why)s", name=name, why=why)
        yield failing("broadcast", text, "broadcasts")
    if last.result in RESULTS:
        words, remedy = RESULTS[last.result]
        yield failing("last", Sentence(words), remedy)
    elif last.result == "sent" and last.at is not None:
        yield ok("last", Sentence("LINE accepted the last message on %(at)s.", at=last.at))
    elif last.result == "":
        yield unknown("last", Sentence("No message was sent to them yet."))
