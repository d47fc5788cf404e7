"""Codes under pressure: many requests at once are not more tries, and not more letters."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from plugin.core.email_codes import code_fingerprint
from plugin.gateways import Letter
from plugin.models import EmailProof, LoginAttempt, db
from plugin.models.base import transaction
from plugin.services.prove_email import TRIES, TooManyCodes, send_code, take_code
from tests.doors.friend_rig import Phone
from tests.mailbox import Mailbox, mailing
from tests.world import Tenant, World

EMAIL = "alice@example.com"


@pytest.fixture
def box(world: World, alice: Tenant) -> Iterator[Mailbox]:
    with world.app.app_context(), transaction():
        code = world.code(alice)
        code.by_email, code.by_form = False, True
    with mailing(world) as opened:
        yield opened


def at_once(world: World, work: Callable[[int], str], times: int) -> Counter[str]:
    def one(number: int) -> str:
        with world.app.app_context():
            return work(number)

    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(one, range(times)))


def walk_of(reference: str) -> LoginAttempt:
    attempt = LoginAttempt.by_reference(reference)
    assert attempt is not None
    return attempt


def test_twenty_guesses_at_once_are_five(world: World, alice: Tenant, box: Mailbox) -> None:
    phone = Phone("bob")
    phone.scan(world, alice)
    reference = phone.reference
    phone.submit(email=EMAIL, name="")
    # None of the guesses is right, so that all of them would go on guessing.
    with world.app.app_context(), transaction():
        proof = db.session.scalars(db.select(EmailProof)).one()
        proof.code = code_fingerprint("test-secret-key", reference, EMAIL, "999999")

    def guess(number: int) -> str:
        return take_code(world.outside, walk_of(reference), f"{number:06d}")

    told = at_once(world, guess, 20)
    assert set(told) <= {"wrong", "spent"}
    assert told["wrong"] <= TRIES - 1
    with world.app.app_context():
        assert db.session.scalars(db.select(EmailProof.tries)).one() == TRIES
        assert take_code(world.outside, walk_of(reference), "999999") == "spent"


def test_ten_wishes_at_once_are_three_letters(world: World, alice: Tenant, box: Mailbox) -> None:
    references = []
    for _ in range(10):
        phone = Phone("bob")
        phone.scan(world, alice)
        references.append(phone.reference)

    def write(code: str) -> Letter:
        return Letter(EMAIL, "Your code", f"{code}\n", code)

    def wish(number: int) -> str:
        mail, attempt = world.outside.gateways.mail, walk_of(references[number])
        assert mail is not None
        try:
            send_code(world.outside, mail, attempt, (EMAIL, ""), write)
        except TooManyCodes:
            return "no"
        return "sent"

    assert at_once(world, wish, 10) == {"sent": 3, "no": 7}
    assert len(box.letters) == 3
