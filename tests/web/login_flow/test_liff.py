"""LINE's own browser: who is sent there, what its page says, and that only LINE's word counts."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from plugin.models import LoginAttempt, db
from plugin.models.people.user_token import UserToken
from plugin.models.transaction import transaction
from tests.sandbox.line.rig import ALICE as ALICE_ON_LINE
from tests.sandbox.line.rig import BOB as BOB_ON_LINE
from tests.support.world import ALICE, Tenant, World
from tests.web.login_flow.browser import Phone, attempts, facts, personal_link, visits

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/130 Mobile Safari/537"
VISITOR = "0123456789abcdef0123456789abcdef"


class LinePhone(Phone):
    """A phone on which LINE opens LIFF URLs in its own browser."""

    def __init__(self, world: World, person: str = "alice", agent: str = IPHONE) -> None:
        super().__init__(person)
        self.session.headers["User-Agent"] = agent
        self.go(f"{world.sandbox.url}/phone/{person}")

    @property
    def tokens(self) -> dict[str, str]:
        """What LINE put behind the first address of the LIFF app."""
        given = parse_qs(urlsplit(self.page.url).fragment)
        return {name: given.get(name, [""])[0] for name in ("id_token", "access_token")}

    def open(self, address: str, friend: str = "add") -> dict[str, str]:
        """Over our page and LINE's consent to the LIFF page; answers LINE's tokens."""
        self.go(address)
        onward = self.page.html.partition('data-testid="continue" href="')[2].partition('"')[0]
        if onward:
            self.go(onward.replace("&amp;", "&"))
        for _ in range(3):
            if "/line-access/" in self.page.url:
                adds = 'data-testid="friend-add"' in self.page.html
                self.submit(decision=friend if adds else "allow")
        return self.tokens

    def bring(self, **tokens: str) -> None:
        """What the page's script does with the tokens."""
        form = next(one for one in self.page.forms if "id_token" in one.fields)
        self.submit(self.page.forms.index(form), **tokens)


@pytest.mark.both_databases
def test_a_scan_on_a_phone_is_linked_in_lines_own_browser(world: World, alice: Tenant) -> None:
    phone = LinePhone(world)
    tokens = phone.open(f"{world.url}/l/{alice.slug}")
    assert urlsplit(phone.page.url).path == "/liff/"
    assert visits(world, alice) == {"scan": 1}
    assert (facts(world).linkages, attempts(world)) == ((), 0)
    phone.bring(**tokens)
    assert "Alice Example" in phone.page.text
    assert facts(world).linkages == ()
    phone.submit()
    assert phone.outcome == "linked"
    assert 'data-testid="add-friend"' not in phone.page.html
    assert facts(world).ledger == (("linked", "qr", ALICE_ON_LINE, ALICE),)
    assert visits(world, alice) == {"scan": 1, "login": 1, "linked": 1}


def test_a_personal_link_keeps_its_token_and_a_resumed_page_harms_nobody(
    world: World, alice: Tenant
) -> None:
    phone, link = LinePhone(world, "bob", ANDROID), personal_link(world, alice)
    tokens = phone.open(link)
    page = phone.page
    phone.bring(**tokens)
    phone.submit()
    assert facts(world).ledger == (("linked", "email", BOB_ON_LINE, ALICE),)
    phone.page = page
    phone.bring(**tokens)
    assert phone.outcome == "already_linked"
    assert len(facts(world).ledger) == 1


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0 (X11; Linux x86_64) Chrome/130",
        "Mozilla/5.0 (Windows NT 10.0) Firefox/132",
        "curl/8",
    ],
)
def test_a_desktop_is_sent_over_the_web_with_the_other_way_at_hand(
    world: World, alice: Tenant, agent: str
) -> None:
    phone = Phone()
    phone.session.headers["User-Agent"] = agent
    phone.go(f"{world.url}/l/{alice.slug}")
    assert 'data-testid="other-way" href="' in phone.page.html
    phone.submit()
    assert "/line-access/" in phone.page.url
    phone.go(personal_link(world, alice))
    assert 'data-testid="other-way" href="' in phone.page.html


def test_an_account_without_liff_sends_phones_over_the_web(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction():
        world.account(alice).liff_url = ""
    phone = LinePhone(world)
    phone.press(world, alice)
    assert "/oauth2/" in phone.page.url or "/consent/" in phone.page.url
    assert phone.go(f"{world.url}/liff/{alice.slug}").url == f"{world.url}/l/{alice.slug}"


def test_the_other_way_leads_to_the_web_on_a_phone_too(world: World, alice: Tenant) -> None:
    phone = LinePhone(world)
    phone.open(f"{world.url}/l/{alice.slug}")
    phone.submit(0)
    phone.log_in()
    assert "Alice Example" in phone.page.text
    assert visits(world, alice)["login"] == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda tokens: {"id_token": ""},
        lambda tokens: {"id_token": BOB_ON_LINE},
        lambda tokens: {"id_token": tokens["id_token"][:-4] + "AAAA"},
        lambda tokens: {"id_token": tokens["access_token"]},
    ],
)
def test_only_lines_own_word_says_who_is_there(
    world: World, alice: Tenant, change: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    phone = LinePhone(world)
    tokens = phone.open(f"{world.url}/l/{alice.slug}")
    phone.bring(**{**tokens, **change(tokens)}, user_id=BOB_ON_LINE, sub=BOB_ON_LINE)
    assert phone.outcome == "login_failed"
    assert (facts(world).linkages, attempts(world)) == ((), 0)


@pytest.mark.both_databases
def test_somebody_elses_access_token_is_not_kept(world: World, alice: Tenant) -> None:
    other = LinePhone(world, "bob").open(f"{world.url}/l/{alice.slug}")
    phone = LinePhone(world)
    tokens = phone.open(f"{world.url}/l/{alice.slug}", friend="skip")
    phone.bring(**{**tokens, "access_token": other["access_token"]})
    with world.app.app_context():
        assert db.session.scalar(db.select(UserToken)) is None
        attempt = db.session.scalars(db.select(LoginAttempt)).one()
        assert (attempt.line_user_id, attempt.is_friend) == (ALICE_ON_LINE, False)


def test_an_old_id_token_is_refused_and_the_web_offered(world: World, alice: Tenant) -> None:
    phone = LinePhone(world)
    tokens = phone.open(f"{world.url}/l/{alice.slug}")
    world.sandbox.control("POST", "/clock", {"offset_seconds": 3601})
    phone.bring(**tokens)
    assert phone.outcome == "login_failed"
    world.sandbox.control("POST", "/clock", {"offset_seconds": 0})
    phone.submit()
    phone.log_in()
    assert "Alice Example" in phone.page.text


def test_a_forged_post_is_refused(world: World, alice: Tenant) -> None:
    phone = LinePhone(world)
    tokens = phone.open(f"{world.url}/l/{alice.slug}")
    answer = Phone().session.post(f"{world.url}/liff/{alice.slug}", data=tokens)
    assert answer.status_code == 400
    assert attempts(world) == 0


def test_the_answer_belongs_to_the_browser_that_brought_it(world: World, alice: Tenant) -> None:
    phone = LinePhone(world)
    phone.bring(**phone.open(f"{world.url}/l/{alice.slug}"))
    other = Phone()
    other.go(phone.page.url)
    assert other.outcome == "other_browser"


def test_the_page_lets_in_lines_script_and_nobody_elses(world: World, alice: Tenant) -> None:
    answer = Phone().session.get(f"{world.url}/liff/{alice.slug}?t=x&hutk={VISITOR}")
    policy = answer.headers["Content-Security-Policy"]
    assert f"script-src 'self' {world.sandbox.url};" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert f'data-address="{world.url}/liff/{alice.slug}?t=x&amp;hutk={VISITOR}"' in answer.text
    assert visits(world, alice) == {}


@pytest.mark.parametrize("path", ["/liff/", "/liff/nobody", "/liff/?liff.state=%2Fnobody%3Ft%3Dx"])
def test_an_address_that_leads_nowhere_says_so(world: World, path: str) -> None:
    phone = Phone()
    phone.go(f"{world.url}{path}")
    assert (phone.page.status, phone.outcome) == (404, "unknown_code")


def test_a_sites_visitor_cookie_is_kept_and_matches_nobody(world: World, alice: Tenant) -> None:
    for hutk, kept in ((VISITOR, VISITOR), ("x" * 32, "")):
        visitor = Phone()
        visitor.go(f"{world.url}/l/{alice.slug}?hutk={hutk}")
        visitor.submit()
        with world.app.app_context():
            newest = db.select(LoginAttempt).order_by(LoginAttempt.id.desc()).limit(1)
            assert db.session.scalars(newest).one().visitor == kept
    phone = LinePhone(world)
    phone.bring(**phone.open(f"{world.url}/l/{alice.slug}?hutk={VISITOR}"))
    with world.app.app_context():
        newest = db.select(LoginAttempt).order_by(LoginAttempt.id.desc()).limit(1)
        assert db.session.scalars(newest).one().visitor == VISITOR
