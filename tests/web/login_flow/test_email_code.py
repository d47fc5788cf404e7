"""A typed address is proved by a code before it may touch a contact; a stranger learns nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.models import Conflict, Contact, EmailProof, MailCount, db
from plugin.models.transaction import transaction
from plugin.services.system.retention import delete_expired
from tests.sandbox.line.rig import BOB as BOB_ON_LINE
from tests.support.mailbox import Mailbox, mailing
from tests.support.world import ALICE, PORTAL, Tenant, World
from tests.web.login_flow.browser import Phone, facts, made_contacts, visits

EMAIL = "alice@example.com"


@pytest.fixture
def box(world: World, alice: Tenant) -> Iterator[Mailbox]:
    """Alice's QR code asks by the short form, and Musubi can send mail."""
    choose(world, alice, by_email=False, by_form=True)
    with mailing(world) as opened:
        yield opened


def choose(world: World, tenant: Tenant, **values: object) -> None:
    with world.app.app_context(), transaction():
        for name, value in values.items():
            setattr(world.code(tenant), name, value)


def typed(world: World, tenant: Tenant, email: str = EMAIL, language: str = "en") -> Phone:
    """Bob has sent the form."""
    phone = Phone("bob", language)
    phone.scan(world, tenant)
    phone.submit(email=email, name="Bob")
    return phone


def enter(phone: Phone, code: str) -> None:
    phone.submit(0, code=code)


def conflicts(world: World) -> int:
    with world.app.app_context():
        return len(db.session.scalars(db.select(Conflict)).all())


@pytest.mark.both_databases
def test_the_code_leads_to_the_contact_and_a_yes_links(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    phone = typed(world, alice)
    assert 'data-testid="code-form"' in phone.page.html
    assert "Alice Example" not in phone.page.text
    enter(phone, box.code)
    assert "Alice Example" in phone.page.text
    assert facts(world).linkages == ()
    phone.submit()
    assert phone.outcome == "linked"
    assert facts(world).linkages == ((BOB_ON_LINE, ALICE),)
    assert (conflicts(world), made_contacts(world)) == (0, 0)


def test_the_letter_is_short_and_in_the_reader_s_language(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    typed(world, alice)
    typed(world, alice, "alice@example.com", "ja")
    english, japanese = box.letters
    assert (english["to"], english["from"]) == ([EMAIL], "Shop <shop@example.com>")
    assert english["subject"] == "Your code for Sandbox Shop"
    assert "good for ten minutes" in english["text"]
    assert "確認コード" in japanese["subject"]
    assert 'lang="ja"' in japanese["html"]
    for letter in box.letters:
        assert letter["headers"]["Auto-Submitted"] == "auto-generated"
        code = letter["text"].split()
        assert any(word in letter["html"] for word in code if word.isdigit())


def test_nobody_learns_whether_an_address_is_in_hubspot(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    pages = []
    for email in (EMAIL, "nobody@example.com"):
        world.sandbox.control("DELETE", "/calls")
        phone = typed(world, alice, email)
        hidden = (email, phone.reference, phone.page.forms[0].fields["csrf_token"])
        html = phone.page.html
        for own in hidden:
            html = html.replace(own, "")
        pages.append((phone.page.status, html))
        calls = world.sandbox.control("GET", "/calls")["calls"]
        assert not any("/hubspot-api/" in call for call in calls), calls
    assert pages[0] == pages[1]
    assert [letter["to"] for letter in box.letters] == [[EMAIL], ["nobody@example.com"]]


def test_a_proved_address_that_nobody_has_makes_a_contact(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    phone = typed(world, alice, "bob.new@example.com")
    enter(phone, f" {box.code[:3]}-{box.code[3:]} ")
    assert "A new record" in phone.page.text
    phone.submit()
    assert phone.outcome == "linked"
    with world.app.app_context():
        contact = db.session.scalars(db.select(Contact).order_by(Contact.id.desc())).first()
        assert contact is not None
        assert (contact.email, contact.firstname) == ("bob.new@example.com", "Bob")


def test_a_proved_address_that_is_taken_meanwhile_is_that_contact_s(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    phone = typed(world, alice, "new@example.com")
    enter(phone, box.code)
    row = {"email": "new@example.com"}
    world.sandbox.control("POST", "/contacts", {"portal": PORTAL, "rows": [row]})
    phone.submit()
    assert phone.outcome == "linked"
    assert conflicts(world) == 0


def test_where_no_contact_may_be_made_a_proved_stranger_is_nobody(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    choose(world, alice, makes_contact=False)
    phone = typed(world, alice, "nobody@example.com")
    enter(phone, box.code)
    assert phone.outcome == "nobody"
    assert visits(world, alice) == {"scan": 1, "login": 1, "nobody": 1}


@pytest.mark.both_databases
def test_five_wrong_codes_end_it_even_for_the_right_one(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    phone = typed(world, alice)
    for left in (4, 3, 2, 1, 0):
        enter(phone, box.wrong_code)
        assert phone.page.status == 422
        assert ("no longer good" in phone.page.text) == (left == 0)
    enter(phone, box.code)
    assert "no longer good" in phone.page.text
    assert "Alice Example" not in phone.page.text
    first = box.code
    phone.submit(1)
    assert len(box.letters) == 2
    if first != box.code:
        enter(phone, first)
        assert phone.page.status == 422
    enter(phone, box.code)
    assert "Alice Example" in phone.page.text


@pytest.mark.both_databases
def test_a_code_ends_after_ten_minutes(world: World, alice: Tenant, box: Mailbox) -> None:
    phone = typed(world, alice)
    with world.app.app_context(), transaction():
        proof = db.session.scalars(db.select(EmailProof)).one()
        assert timedelta(minutes=9) < proof.expires_at - utcnow() <= timedelta(minutes=10)
        proof.expires_at = utcnow()
    enter(phone, box.code)
    assert "no longer good" in phone.page.text


def test_a_code_is_good_in_its_own_walk_and_for_its_own_address(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    mine = typed(world, alice, "bob@example.com")
    code = box.code
    other = typed(world, alice, EMAIL)
    if code != box.code:
        enter(other, code)
        assert other.page.status == 422
    mine.submit(2)
    assert 'data-testid="who-form"' in mine.page.html
    mine.submit(email=EMAIL, name="")
    if code != box.code:
        enter(mine, code)
        assert mine.page.status == 422
    stranger, login = Phone("bob"), mine.page.forms[0].fields["login"]
    stranger.go(f"{world.url}/l/{alice.slug}?login={login}")
    assert stranger.outcome == "other_browser"


@pytest.mark.both_databases
def test_an_address_gets_three_codes_an_hour_whoever_asks(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    for _ in range(2):
        typed(world, alice)
    phone = Phone("charlie")
    phone.scan(world, alice)
    phone.submit(email=EMAIL, name="")
    phone.submit(1)
    assert (phone.outcome, phone.page.status) == ("too_many_codes", 429)
    assert len(box.letters) == 3
    with world.app.app_context(), transaction():
        for count in db.session.scalars(db.select(MailCount)):
            count.until -= timedelta(hours=1)
    phone.go(phone.page.url)
    typed(world, alice)
    assert len(box.letters) == 4


@pytest.mark.both_databases
def test_who_had_a_day_s_codes_is_not_told_that_an_hour_is_enough(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    for _ in range(2):
        for person in ("alice", "bob", "charlie"):
            phone = Phone(person)
            phone.scan(world, alice)
            phone.submit(email=EMAIL, name="")
        with world.app.app_context(), transaction():
            for count in db.session.scalars(db.select(MailCount)):
                count.until -= timedelta(hours=1)
    phone = typed(world, alice)
    assert (phone.outcome, len(box.letters)) == ("too_many_codes", 6)
    assert "tomorrow" in phone.page.text


@pytest.mark.both_databases
def test_a_friend_gets_five_codes_an_hour_for_whatever_addresses(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    phones = [typed(world, alice, f"someone{number}@example.com") for number in range(6)]
    assert [phone.outcome for phone in phones] == [""] * 5 + ["too_many_codes"]
    assert len(box.letters) == 5


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ({"RCPT": "550 No such user"}, 422, "No mail can be sent to this address"),
        ({"RCPT": "450 Later"}, 503, "could not be sent"),
        ({"MAIL": "530 No"}, 503, "could not be sent"),
        ({"EHLO": "421 Closed", "HELO": "421 Closed"}, 503, "could not be sent"),
    ],
)
def test_a_mail_server_that_refuses_has_a_page_and_the_form_stays(
    world: World, alice: Tenant, box: Mailbox, answer: dict[str, str], status: int, words: str
) -> None:
    box.server.manners.answers.update(answer)
    phone = Phone("bob")
    address = phone.scan(world, alice).url
    phone.submit(email=EMAIL, name="")
    assert phone.page.status == status
    assert words in phone.page.text
    assert box.letters == []
    box.server.manners.answers.clear()
    phone.go(address)
    phone.submit(email=EMAIL, name="")
    enter(phone, box.code)
    assert "Alice Example" in phone.page.text


def test_while_hubspot_is_silent_the_code_stays_good(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    phone = typed(world, alice)
    address = phone.page.url
    world.sandbox.fail("/hubspot-api/crm/objects/.*", {"status": 503}, times=5)
    for _ in range(5):
        phone.go(address)
        enter(phone, box.code)
        assert phone.outcome == "form_failed"
    phone.go(address)
    enter(phone, box.code)
    assert "Alice Example" in phone.page.text


@pytest.mark.both_databases
def test_the_code_is_stored_nowhere_and_old_counts_go(
    world: World, alice: Tenant, box: Mailbox
) -> None:
    typed(world, alice)
    with world.app.app_context():
        proof = db.session.scalars(db.select(EmailProof)).one()
        counts = db.session.scalars(db.select(MailCount)).all()
        kept = [getattr(proof, column.key) for column in EmailProof.__table__.columns]
        kept += [count.key for count in counts]
        assert not any(box.code in str(value) for value in kept)
        assert not any(EMAIL in count.key for count in counts)
        with transaction():
            for count in counts:
                count.until = utcnow() - timedelta(seconds=1)
        delete_expired()
        assert db.session.scalars(db.select(MailCount)).all() == []
