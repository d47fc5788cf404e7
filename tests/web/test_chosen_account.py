"""The Official Account chosen in the top bar narrows the lists and is kept in the session."""

import re
from datetime import UTC, datetime

import pytest

from plugin.models import OfficialAccount
from plugin.models.transaction import transaction
from plugin.services.message_templates.library import create_template
from tests.support.world import Tenant, World
from tests.web.pages import csrf_of


@pytest.fixture
def second(world: World, alice: Tenant) -> int:
    """Another account of Alice's, and a template on each."""
    with world.app.app_context():
        first = world.account(alice)
        other = OfficialAccount(
            installation_id=alice.installation_id, position=2, channel_id="2", channel_secret="s",
            bot_user_id="U" + "9" * 32, name="Second Shop", webhook_key="second",
            created_at=datetime(2020, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        with transaction() as session:
            session.add(other)
        for account, name in ((first, "Of the first"), (other, "Of the second")):
            create_template(account, name, [{"type": "text", "text": "Hello"}])
        return other.id


def choose(world: World, tenant: Tenant, account_id: int, next_path: str = "/templates") -> str:
    page = tenant.walker.go(f"{world.url}/templates")
    data = {"account": account_id, "next": next_path, "csrf_token": csrf_of(page)}
    answer = tenant.walker.session.post(f"{world.url}/account", data=data, allow_redirects=False)
    return answer.headers.get("Location", str(answer.status_code))


def listed(world: World, tenant: Tenant, path: str = "/templates") -> set[str]:
    html = tenant.walker.go(world.url + path).html
    return set(re.findall(r"Of the (first|second)", html))


def test_the_choice_narrows_lists_until_it_is_taken_back(
    world: World, alice: Tenant, second: int
) -> None:
    assert listed(world, alice) == {"first", "second"}
    assert choose(world, alice, second) == "/templates"
    assert listed(world, alice) == {"second"}
    # A list's own filter says otherwise for once.
    assert listed(world, alice, "/templates?account=") == {"first", "second"}
    for path in ("/qr-codes", "/broadcasts", "/segments"):
        assert "Second Shop" in alice.walker.go(world.url + path).html
    form = alice.walker.go(f"{world.url}/templates/new").html
    assert re.search(rf'value="{second}" selected', form)
    choose(world, alice, 0)
    assert listed(world, alice) == {"first", "second"}


def test_one_account_needs_no_choice(world: World, alice: Tenant) -> None:
    html = alice.walker.go(f"{world.url}/templates").html
    assert 'data-testid="switcher"' in html
    assert "choose-all" not in html


def test_foreign_accounts_and_foreign_paths(
    world: World, alice: Tenant, charlie: Tenant, second: int
) -> None:
    assert choose(world, charlie, second) == "404"
    assert choose(world, alice, second, "https://evil.example/") == "/"
    assert choose(world, alice, second, "//evil.example/") == "/"


@pytest.mark.parametrize(
    ("path", "led_to"),
    [
        ("/friends?account=1&q=%E3%81%BF+a%26b&linked=", "/friends?q=%E3%81%BF+a%26b&linked="),
        ("/templates?before=7&account=1", "/templates"),
        ("/friends?after=3.4&sort=name", "/friends?sort=name"),
        ("/friends?%FF=%FF&tag=a&tag=b", "/friends?%EF%BF%BD=%EF%BF%BD&tag=a&tag=b"),
    ],
)
def test_the_list_follows_the_choice(
    world: World, alice: Tenant, second: int, path: str, led_to: str
) -> None:
    assert choose(world, alice, second, path) == led_to


def test_a_list_that_was_narrowed_shows_the_account_that_is_chosen(
    world: World, alice: Tenant, second: int
) -> None:
    path = f"/templates?account={alice.account_id}"
    assert listed(world, alice, path) == {"first"}
    assert listed(world, alice, choose(world, alice, second, path)) == {"second"}


def test_an_account_that_is_gone_is_chosen_no_more(
    world: World, alice: Tenant, second: int
) -> None:
    choose(world, alice, second)
    with world.app.app_context(), transaction() as session:
        session.get_one(OfficialAccount, second).archived_at = datetime(2020, 2, 1, tzinfo=UTC)
    assert "Second Shop" not in alice.walker.go(f"{world.url}/templates").html
