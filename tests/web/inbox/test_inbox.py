"""The inbox's pages: answered, refused in words with what was typed, closed to other tenants."""

import re

import pytest
import requests
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import AuditEntry, CannedAnswer, Conversation, Friend, InboxRules, Member, db
from plugin.models.transaction import transaction
from plugin.services.inbox.claim import claim
from plugin.web.inbox.live import forget_sessions
from tests.actions.calls import arrived
from tests.services.inbox.talks import conversation_of, messages_of, talk, write
from tests.support.world import Tenant, World, sql_of
from tests.web.pages import csrf_of


@pytest.fixture
def conversation_id(world: World, alice: Tenant) -> int:
    return talk(world, alice, "Are you open?")


def post(world: World, tenant: Tenant, path: str, **fields: str) -> requests.Response:
    page = tenant.walker.go(f"{world.url}/inbox")
    data = {"csrf_token": csrf_of(page), **fields}
    return tenant.walker.session.post(world.url + path, data=data)


def test_a_conversation_is_listed_read_and_answered(
    world: World, alice: Tenant, conversation_id: int
) -> None:
    html = alice.walker.go(f"{world.url}/inbox").html
    assert "Are you open?" in html
    assert re.search(r"<title>\(1\) ", html)
    page = alice.walker.go(f"{world.url}/inbox/{conversation_id}")
    assert "Are you open?" in page.html
    answer = post(world, alice, f"/inbox/{conversation_id}/answer", text="Yes", form_key="a")
    assert "sent, free of charge" in answer.text
    assert arrived(world)[0]["messages"] == [{"type": "text", "text": "Yes"}]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": ""}, "Write something first."),
        ({"text": "x" * 5001}, "5,000"),
        ({"text": "{{ contact.firstname"}, "braces"),
        ({"text": "Yes {{ contact.nosuch }}"}, "The contact has no nosuch"),
        ({"picture": "https://elsewhere.example/a.png"}, "The picture is gone"),
        ({"template": "99"}, "archived"),
    ],
)
def test_what_is_refused_is_said_and_kept(
    world: World, alice: Tenant, conversation_id: int, fields: dict[str, str], words: str
) -> None:
    answer = post(world, alice, f"/inbox/{conversation_id}/answer", form_key="a", **fields)
    assert answer.status_code == 422
    with world.app.app_context():
        # What was refused was not done.
        noted = db.session.scalars(select(AuditEntry.deed)).all()
        assert "inbox.send_answer" not in noted
    problem = re.search(r'data-testid="reply-problem"><span>(.*?)</span>', answer.text)
    assert problem is not None
    assert words in problem[1] or words == "braces"
    for typed in fields.values():
        assert typed[:200] in answer.text.replace("&#39;", "'") or typed == "99"
    assert arrived(world) == []


def test_a_friend_who_blocked_gets_words_instead_of_a_message(
    world: World, alice: Tenant, conversation_id: int
) -> None:
    with world.app.app_context(), transaction() as session:
        session.execute(update(Friend).values(status="blocked"))
    page = alice.walker.go(f"{world.url}/inbox/{conversation_id}")
    assert 'data-testid="closed-why"' in page.html
    answer = post(world, alice, f"/inbox/{conversation_id}/answer", text="Hello", form_key="a")
    assert answer.status_code == 422
    assert "Hello" in answer.text


def test_two_members_at_once(world: World, alice: Tenant, conversation_id: int) -> None:
    with world.app.app_context():
        with transaction():
            other = colleague(alice)
        claim(conversation_of(conversation_id), other)
    path = f"/inbox/{conversation_id}/answer"
    refused = post(world, alice, path, text="Mine", form_key="a")
    assert refused.status_code == 409
    assert "other@example.test" in refused.text
    assert "Mine" in refused.text
    assert arrived(world) == []
    assert post(world, alice, path, text="Mine", form_key="a", take_over="yes").status_code == 200
    assert len(arrived(world)) == 1


def test_assigned_closed_opened_noted(world: World, alice: Tenant, conversation_id: int) -> None:
    base = f"/inbox/{conversation_id}"
    with world.app.app_context():
        member = db.session.scalars(select(Member)).first()
        assert member is not None
        member_id = member.id
    post(world, alice, f"{base}/assign", member=str(member_id))
    assert "Are you open?" in alice.walker.go(f"{world.url}/inbox?show=mine").html
    post(world, alice, f"{base}/assign", member="999999")
    assert "Are you open?" in alice.walker.go(f"{world.url}/inbox?show=nobody").html
    assert "Call back" in post(world, alice, f"{base}/note", note="Call back").text
    assert post(world, alice, f"{base}/note", note=" ").status_code == 422
    post(world, alice, f"{base}/close")
    assert "Are you open?" not in alice.walker.go(f"{world.url}/inbox").html
    post(world, alice, f"{base}/reopen")
    post(world, alice, f"{base}/read")
    with world.app.app_context():
        assert conversation_of(conversation_id).unread == 0
    post(world, alice, f"{base}/unread")
    with world.app.app_context():
        assert conversation_of(conversation_id).unread == 1
        directions = [row.direction for row in messages_of(conversation_id)]
    assert directions == ["in", "note"]


def test_a_friend_who_never_wrote_can_be_written_to(world: World, alice: Tenant) -> None:
    talk(world, alice)
    with world.app.app_context():
        friend_id = db.session.scalars(select(Friend.id)).one()
    answer = post(world, alice, f"/inbox/friends/{friend_id}")
    assert 'data-testid="reply-form"' in answer.text


def test_prepared_answers(world: World, alice: Tenant, charlie: Tenant) -> None:
    saved = post(world, alice, "/inbox/answers", name="Hours", text="From ten to six")
    assert "From ten to six" in saved.text
    for name, text in (("", "Words"), ("Name", ""), ("x" * 81, "Words")):
        refused = post(world, alice, "/inbox/answers", name=name, text=text)
        assert refused.status_code == 422
    with world.app.app_context():
        answer_id = db.session.scalars(select(CannedAnswer.id)).one()
    assert post(world, charlie, f"/inbox/answers/{answer_id}/delete").status_code == 404
    foreign = post(world, charlie, "/inbox/answers", answer=str(answer_id), name="a", text="b")
    # As one that was deleted.
    assert (foreign.status_code, "From ten" in foreign.text) == (422, False)
    post(world, alice, f"/inbox/answers/{answer_id}/delete")
    with world.app.app_context():
        assert db.session.scalars(select(CannedAnswer)).all() == []


@pytest.mark.parametrize(
    ("fields", "saved"),
    [
        ({"kept_days": "30", "notify_after": "10", "notify_to": "a@example.test"}, True),
        ({"kept_days": "30", "notify_after": "", "notify_to": ""}, True),
        ({"kept_days": "0"}, False),
        ({"kept_days": "many"}, False),
        ({"kept_days": "30", "notify_after": "-1"}, False),
        ({"kept_days": "30", "notify_to": "nobody"}, False),
        ({"kept_days": "30", "notify_to": "a@example.test\r\nBcc: b@example.test"}, False),
    ],
)
def test_rules(world: World, alice: Tenant, fields: dict[str, str], saved: bool) -> None:
    answer = post(world, alice, f"/accounts/{alice.account_id}/inbox", **fields)
    assert (answer.status_code == 200) is saved
    with world.app.app_context():
        assert bool(db.session.scalars(select(InboxRules)).all()) is saved


def test_other_tenants_see_nothing(
    world: World, alice: Tenant, charlie: Tenant, conversation_id: int
) -> None:
    assert "Are you open?" not in charlie.walker.go(f"{world.url}/inbox").html
    for path in ("", "/content/1"):
        url = f"{world.url}/inbox/{conversation_id}{path}"
        assert charlie.walker.session.get(url).status_code == 404
    for deed in ("answer", "note", "assign", "close", "read", "typing", "release"):
        answer = post(world, charlie, f"/inbox/{conversation_id}/{deed}", text="x", note="x")
        assert answer.status_code == 404, deed


def test_the_live_channel_costs_next_to_nothing_and_tells_of_news(
    world: World, alice: Tenant, charlie: Tenant, conversation_id: int
) -> None:
    forget_sessions()
    session, url = alice.walker.session, f"{world.url}/inbox/live"
    first = session.get(url).json()
    assert first["unread"] == 1
    with sql_of(world) as statements:
        for _ in range(20):
            assert session.get(url, params={"since": first["mark"]}).status_code == 204
    # The mark is read once a second, whoever asks.
    assert len(statements) <= 12
    forget_sessions()
    write(world, "And on Monday?")
    news = session.get(url, params={"since": first["mark"]}).json()
    assert news["unread"] == 1
    assert news["mark"] != first["mark"]
    assert charlie.walker.session.get(url).json()["unread"] == 0
    assert requests.get(url, timeout=10).status_code == 401


def test_a_page_of_many_conversations_has_few_statements(
    world: World, alice: Tenant, conversation_id: int
) -> None:
    for number in range(12):
        write(world, f"Message {number}")
    with sql_of(world) as statements:
        alice.walker.go(f"{world.url}/inbox/{conversation_id}")
    assert len(statements) <= 40
    with world.app.app_context():
        assert db.session.scalars(select(Conversation)).one().unread == 13


def test_a_poll_never_answers_older_than_the_page_shows(
    world: World, alice: Tenant, conversation_id: int
) -> None:
    world.connect(alice, 1)
    session, live = alice.walker.session, f"{world.url}/inbox/live"
    for chosen in (0, alice.account_id):
        post(world, alice, "/account", account=str(chosen))
        session.get(live)
        # What the process keeps for a second is older now than the page.
        with world.app.app_context(), transaction():
            Conversation.touch([conversation_id])
        html = alice.walker.go(f"{world.url}/inbox/{conversation_id}").html
        mark = re.search(r'data-mark="(\w+)"', html)
        assert mark is not None
        assert session.get(live, params={"since": mark[1]}).status_code == 204, chosen


def test_the_list_says_who_of_the_team_wrote_last(
    world: World, alice: Tenant, conversation_id: int
) -> None:
    post(world, alice, f"/inbox/{conversation_id}/answer", text="Yes", form_key="a")
    assert "You: Yes" in words_of(world, alice)
    with world.app.app_context(), transaction():
        row = messages_of(conversation_id)[-1]
        row.member_id = colleague(alice).id
    assert "other: Yes" in words_of(world, alice)
    # Of somebody whose row is gone nobody can say the name.
    with world.app.app_context(), transaction():
        messages_of(conversation_id)[-1].member_id = None
    assert "Team: Yes" in words_of(world, alice)


def colleague(tenant: Tenant) -> Member:
    """Add somebody else of the team, inside the caller's transaction."""
    member = Member(
        installation_id=tenant.installation_id, hubspot_user_id=9, email="other@example.test",
        signed_in_at=utcnow(), test_friends={},
    )  # fmt: skip
    db.session.add(member)
    db.session.flush()
    return member


def test_a_conversation_of_another_account_names_it(
    world: World, alice: Tenant, conversation_id: int
) -> None:
    account = re.compile(r'<header class="about">.*?Sandbox Shop.*?</header>', re.DOTALL)
    page = f"{world.url}/inbox/{conversation_id}"
    assert not account.search(alice.walker.go(page).html)
    world.connect(alice, 1)
    post(world, alice, "/account", account=str(alice.account_id))
    assert account.search(alice.walker.go(page).html)


def words_of(world: World, tenant: Tenant) -> str:
    return " ".join(tenant.walker.go(f"{world.url}/inbox").text.split())
