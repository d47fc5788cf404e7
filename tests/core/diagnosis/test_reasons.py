"""Every sentence that the diagnosis of a friend can say is reached; the list is read from it."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin.core.broadcasts.reasons import FAILED, LEFT_OUT
from plugin.core.diagnosis import linked, reached
from plugin.core.diagnosis.linked import (
    CONFLICTS,
    ENDS,
    AccountFacts,
    ContactFacts,
    EndFacts,
    LinkFacts,
    LoginFacts,
    explain_link,
)
from plugin.core.diagnosis.reached import (
    HUBSPOT,
    RESULTS,
    LastSendFacts,
    LimitFacts,
    ReachFacts,
    SenderFacts,
    explain_reach,
)
from plugin.core.diagnosis.step import Step

AT = datetime(2026, 11, 28, tzinfo=UTC)
SHOP = AccountFacts("Shop")


def sentences(module: object) -> set[str]:
    """Every text that stands in a `Sentence` or an `N_` of the module."""
    source = Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")
    return {
        str(node.args[0].value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("Sentence", "N_")
        and isinstance(node.args[0], ast.Constant)
    }


def said(*diagnoses: list[Step]) -> set[str]:
    steps = [step for steps in diagnoses for step in steps]
    assert all(str(step.text) for step in steps)
    return {step.text.text for step in steps}


def test_every_reason_of_not_linked_is_reached() -> None:
    logins = [
        LoginFacts(AT, "Counter", is_open=True),
        LoginFacts(AT, "Counter", token_missing=True),
        LoginFacts(AT, "Counter", "linked"),
        LoginFacts(AT, "Counter", "an end that nobody knows"),
        *(LoginFacts(AT, "Counter", outcome) for outcome in ENDS),
    ]
    ends = [
        EndFacts("erased", AT, 7),
        EndFacts("unlinked", AT, 7, "hubspot:merge"),
        EndFacts("unlinked", AT, 7, by_deletion=True),
        EndFacts("unlinked", AT, 7, "hubspot:property"),
        EndFacts("unlinked", AT, 7, "admin@example.com"),
    ]
    accounts = [
        AccountFacts("Shop", can_login=False, has_code=False, turned_back=3),
        AccountFacts("Shop", provider_ok=False),
        SHOP,
    ]
    contacts = [
        ContactFacts(7, AT),
        ContactFacts(7, AT, is_deleted=True),
        ContactFacts(7, AT, push_error="no"),
        ContactFacts(7, AT, troubles=("line_tags",)),
        ContactFacts(7, AT, push_pending=True, hubspot_waits=True),
        ContactFacts(7, AT, push_pending=True),
    ]
    found = said(
        *(explain_link(LinkFacts(SHOP, login=one)) for one in logins),
        *(explain_link(LinkFacts(SHOP, end=one)) for one in ends),
        *(explain_link(LinkFacts(one)) for one in accounts),
        *(explain_link(LinkFacts(SHOP, contact=one)) for one in contacts),
        *(explain_link(LinkFacts(SHOP, conflict=one)) for one in CONFLICTS),
        explain_link(LinkFacts(SHOP, kept_at=AT)),
        explain_link(LinkFacts(SHOP, refused=EndFacts("refused", AT, 7))),
    )
    assert found == sentences(linked)


def test_every_reason_of_not_reached_is_reached() -> None:
    fine = SenderFacts("Shop")
    senders = [
        fine,
        SenderFacts("Shop", channel_ok=False),
        SenderFacts("Shop", used_up=True),
        SenderFacts("Shop", paused_until=AT),
        *(SenderFacts("Shop", hubspot=state) for state in HUBSPOT),
    ]
    statuses = [
        ReachFacts(fine, "following", linked=False),
        ReachFacts(fine, "blocked", AT),
        ReachFacts(fine, "blocked"),
        ReachFacts(fine, "unknown"),
    ]
    limits = LimitFacts((1, 7), AT, held_out=True)
    last = [
        LastSendFacts(),
        LastSendFacts("sent", AT, waiting_since=AT),
        *(LastSendFacts(result) for result in RESULTS),
        *(LastSendFacts(left_out=(why, "Sale")) for why in (*LEFT_OUT, *FAILED, "?")),
    ]
    found = said(
        *(explain_reach(ReachFacts(one, "following")) for one in senders),
        *(explain_reach(one) for one in statuses),
        *(explain_reach(ReachFacts(fine, "following", last=one)) for one in last),
        explain_reach(ReachFacts(fine, "following", limits=limits)),
    )
    # It stands inside another sentence, where a reason is not known.
    assert found | {"Not known"} == sentences(reached)


@pytest.mark.parametrize("module", [linked, reached])
def test_the_sentences_are_found_in_the_source(module: object) -> None:
    assert len(sentences(module)) > 15
