"""What rules mean, in English and in Japanese."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.core.segments.fields import FIELDS, PROPERTY_TYPES, Field
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.transaction import transaction
from plugin.web.segments.names import Names
from plugin.web.segments.sentences import sentence_of
from tests.support.world import Tenant, World

LINKED = {"field": "linkage.linked", "op": "is", "value": True}
STAGE = {"field": "hubspot.lifecyclestage", "op": "in", "value": ["customer"]}
TAPPED = {"field": "behaviour.tapped", "op": "within_days", "value": 30}
VIP = {"field": "friend.tag", "op": "in", "value": ["VIP"]}
BLOCKED = {"field": "friend.status", "op": "is", "value": "blocked"}


@contextmanager
def reading(world: World, tenant: Tenant, language: str) -> Iterator[Names]:
    """Names as a page in a language has them."""
    with world.app.test_request_context(f"/?lang={language}"):
        yield Names(world.account(tenant))


@pytest.fixture
def synced(world: World, alice: Tenant) -> None:
    """Two properties and a list are kept."""
    chosen = {"installation_id": alice.installation_id, "chosen_at": utcnow()}
    stage = SyncedProperty(
        name="lifecyclestage", label="Lifecycle stage", type="enumeration", field_type="radio",
        labels=[["customer", "Customer"], ["lead", "Lead"]], **chosen,
    )  # fmt: skip
    renewal = SyncedProperty(
        name="renewal", label="Renewal", type="date", field_type="date", **chosen
    )
    size = SyncedProperty(name="size", label="Size", type="number", field_type="number", **chosen)
    with world.app.app_context(), transaction() as session:
        session.add_all(
            [stage, renewal, size, SyncedList(list_id="7", name="Newsletter", **chosen)]
        )


RULES: list[tuple[Any, str, str]] = [
    ({"all": []}, "All friends of the account", "アカウントの友だち全員"),
    (
        {"all": [LINKED, STAGE, TAPPED]},
        (
            "Friends who are linked with a contact, whose Lifecycle stage is Customer, and who"
            " tapped any link in the last 30 days"
        ),
        (
            "コンタクトと連携している、かつLifecycle stageがCustomerである、かつ直近30日間に"
            "いずれかのリンクをタップした友だち"
        ),
    ),
    (
        {"any": [LINKED, VIP]},
        "Friends who are linked with a contact or who have the tag “VIP”",
        "コンタクトと連携している、またはタグ「VIP」が付いている友だち",
    ),
    (
        {"none": [BLOCKED, VIP]},
        "All friends except those who have blocked the account or who have the tag “VIP”",
        "アカウントをブロックしている、またはタグ「VIP」が付いている友だちを除く全員",
    ),
    (
        {"all": [LINKED, {"any": [VIP, TAPPED]}, {"none": [BLOCKED]}]},
        (
            "Friends who are linked with a contact, (who have the tag “VIP” or who tapped any link"
            " in the last 30 days), and who are not among those who have blocked the account"
        ),
        (
            "コンタクトと連携している、かつ（タグ「VIP」が付いている、または直近30日間に"
            "いずれかのリンクをタップした）、かつ（アカウントをブロックしている）に当てはまらない"
            "友だち"
        ),
    ),
    (
        {"all": [{"any": [LINKED, VIP, TAPPED]}]},
        (
            "Friends who are linked with a contact, who have the tag “VIP” or who tapped any link"
            " in the last 30 days"
        ),
        (
            "コンタクトと連携している、またはタグ「VIP」が付いている、または直近30日間に"
            "いずれかのリンクをタップした友だち"
        ),
    ),
    (LINKED, "Friends who are linked with a contact", "コンタクトと連携している友だち"),
    (
        {"field": "linkage.linked", "op": "is_not", "value": True},
        "Friends who are not linked with a contact",
        "コンタクトと連携していない友だち",
    ),
    (
        {"field": "hubspot.renewal", "op": "in_next_days", "value": 14},
        "Friends whose Renewal is in the next 14 days",
        "Renewalが今後14日以内にある友だち",
    ),
    (
        {"field": "hubspot.renewal", "op": "between", "value": ["2026-01-01", "2026-12-24"]},
        "Friends whose Renewal is between January 1, 2026 and December 24, 2026",
        "Renewalが2026年1月1日から2026年12月24日までの間にある友だち",
    ),
    (
        {"field": "hubspot.size", "op": "gte", "value": 1234.5},
        "Friends whose Size is at least 1,234.5",
        "Sizeが1,234.5以上である友だち",
    ),
    (
        {"field": "hubspot.list", "op": "joined_within_days", "value": ["7"], "days": 10},
        "Friends who joined the list “Newsletter” in the last 10 days",
        "直近10日間にリスト「Newsletter」に入った友だち",
    ),
    (
        {"field": "behaviour.answered", "op": "in", "value": ["Yes", "Maybe"], "days": 7},
        "Friends who answered “Yes” or “Maybe” in the last 7 days",
        "直近7日間に「Yes」または「Maybe」と回答した友だち",
    ),
    (
        {"field": "friend.tag", "op": "not_in", "value": ["A", "B", "C", "D", "E"]},
        "Friends who do not have the tag “A”, “B” or 3 more",
        "タグ「A」、「B」、ほか3件のいずれかが付いていない友だち",
    ),
    (
        {"field": "friend.followed_at", "op": "within_days", "value": 1},
        "Friends who followed the account in the last 24 hours",
        "直近24時間に追加された友だち",
    ),
    (
        {"field": "friend.line_user_id", "op": "in", "value": ["U" + "a" * 32, "U" + "b" * 32]},
        "Friends who are among 2 pasted LINE user IDs",
        "貼り付けたLINEユーザーID 2件に含まれる友だち",
    ),
]


@pytest.mark.parametrize(("rule", "english", "japanese"), RULES)
def test_a_rule_is_said_in_both_languages(
    world: World, alice: Tenant, synced: None, rule: Any, english: str, japanese: str
) -> None:
    with reading(world, alice, "en") as names:
        assert sentence_of(rule, names) == english
    with reading(world, alice, "ja") as names:
        assert sentence_of(rule, names) == japanese


@pytest.mark.parametrize(
    "rule",
    [
        None, [], "x", {}, {"all": None}, {"all": [None, {}, []]},
        {"field": 5, "op": [], "value": {}},
        {"field": "hubspot.gone", "op": "is", "value": "x"},
        {"field": "friend.followed_at", "op": "before", "value": "yesterday"},
        {"field": "friend.followed_at", "op": "within_days", "value": "9" * 500},
        {"field": "friend.tag", "op": "in"},
        {"field": "hubspot.size", "op": "is", "value": "1e999"},
    ],
)  # fmt: skip
def test_a_rule_that_is_wrong_is_said_all_the_same(
    world: World, alice: Tenant, synced: None, rule: Any
) -> None:
    with reading(world, alice, "en") as names:
        assert sentence_of(rule, names)


def test_every_field_and_operator_has_words_of_its_own(
    world: World, alice: Tenant, synced: None
) -> None:
    """Nobody reads the name of an operator, or that a condition is not known."""
    for language in ("en", "ja"):
        with reading(world, alice, language) as names:
            unknown = sentence_of({"field": "x", "op": "y"}, names).replace("x", "")
            for field in [*FIELDS.values(), *(Field(f"hubspot.{t}", t) for t in PROPERTY_TYPES)]:
                names.types[field.property_name] = field.type
                for op in field.operators:
                    value: Any = (
                        "2026-12-24" if field.type in ("date", "datetime", "moment") else "1"
                    )
                    said = sentence_of({"field": field.name, "op": op, "value": value}, names)
                    assert said.replace(field.name, "") != unknown
                    assert "_" not in said.replace(names.label(field.name), ""), said
