"""Codes under pressure: many requests at once are not more tries, and not more letters."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from plugin.core.security.email_codes import code_fingerprint
from plugin.gateways import Letter
from plugin.models import EmailProof, LoginAttempt, db
from plugin.models.transaction import transaction
from plugin.services.login_flow.email_code import MAX_TRIES, TooManyCodes, send_code, submit_code
from tests.support.mailbox import Mailbox, mailing
from tests.support.world import Tenant, World
from tests.web.login_flow.browser import Phone

pytestmark = pytest.mark.both_databases

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
        proof.code = code_fingerprint(
            "a-key-for-tests-0123456789-abcdefghij", reference, EMAIL, "999999"
        )

    def guess(number: int) -> str:
        return submit_code(world.deps, walk_of(reference), f"{number:06d}")

    told = at_once(world, guess, 20)
    assert set(told) <= {"wrong", "spent"}
    assert told["wrong"] <= MAX_TRIES - 1
    with world.app.app_context():
        assert db.session.scalars(db.select(EmailProof.tries)).one() == MAX_TRIES
        assert submit_code(world.deps, walk_of(reference), "999999") == "spent"


def test_ten_wishes_at_once_are_three_letters(world: World, alice: Tenant, box: Mailbox) -> None:
    references = []
    for _ in range(10):
        phone = Phone("bob")
        phone.scan(world, alice)
        references.append(phone.reference)

    def write(code: str) -> Letter:
        return Letter(EMAIL, "Your code", f"{code}\n", code)

    def request(number: int) -> str:
        mail, attempt = world.deps.gateways.mail, walk_of(references[number])
        assert mail is not None
        try:
            send_code(world.deps, mail, attempt, (EMAIL, ""), write)
        except TooManyCodes:
            return "no"
        return "sent"

    assert at_once(world, request, 10) == {"sent": 3, "no": 7}
    assert len(box.letters) == 3
