"""Which addresses inside a text are counted, and what stays as it is written."""

import pytest

from plugin.core.messages.text_links import links_in
from plugin.core.messages.tracked_links import personal_addresses, tracked

URL = "https://shop.example.com/sale"


def found(text: str, kind: str = "text") -> list[str]:
    return [link.url for link in links_in({"type": kind, "text": text})]


@pytest.mark.parametrize(
    "text",
    [
        URL, f"See {URL}", f"See {URL}.", f"{URL}、ぜひ", f"{URL}。", f"（{URL}）", f"({URL})",
        f"「{URL}」", f"詳しくは{URL}", f"{URL}\nBye", f"{URL}, and", f"{URL}!?",
        f"<{URL}>", f"{URL}🎉",
    ],
)  # fmt: skip
def test_a_whole_address_is_found_without_what_ends_the_sentence(text: str) -> None:
    assert found(text) == [URL]


@pytest.mark.parametrize(
    "text",
    [
        f"{URL}をご覧", f"x{URL}", "https://", "ftp://a.example", "shop.example.com",
        "tel:+813", "{{ contact.site }}", f"{URL}?for={{{{ contact.email }}}}",
        f"{{{{ contact.site }}}}{URL}", f"{{{{ contact.site | default('{URL}') }}}}",
        f"{URL}/{{", "{{ contact.site", "https://日本.example/",
    ],
)  # fmt: skip
def test_what_is_no_whole_address_or_belongs_to_a_token_is_not(text: str) -> None:
    assert found(text) == []


def test_brackets_inside_an_address_belong_to_it() -> None:
    inside = "https://en.example.com/wiki/Musubi_(knot)"
    assert found(f"({inside})") == [inside]
    assert found(f"{inside}, {URL}?a=1&b=[2]") == [inside, f"{URL}?a=1&b=[2]"]


def test_a_substitution_of_text_v2_is_no_part_of_an_address() -> None:
    assert found(f"{URL}/{{name}}", "textV2") == []
    assert found(f"{{name}} {URL} {{{{ x }}}}", "textV2") == [URL]


def test_addresses_are_replaced_where_they_stand() -> None:
    (sent,) = tracked([{"type": "text", "text": f"A {URL}、B {URL}?b."}], lambda url: f"<{url}>")
    assert sent["text"] == f"A <{URL}>、B <{URL}?b>."


def test_a_text_that_would_be_too_long_keeps_its_addresses() -> None:
    full = {"type": "text", "text": URL.ljust(5000)}
    assert tracked([full], lambda url: f"{url}/longer") == [full]
    assert tracked([full], lambda _: "https://a")[0]["text"].startswith("https://a ")


def test_only_what_a_token_made_belongs_to_the_contact() -> None:
    raw = [{"type": "text", "text": f"{URL} {URL}?e={{{{ contact.e }}}} {{{{ contact.site }}}}"}]
    filled = [{"type": "text", "text": f"{URL} {URL}?e=a https://a.example/b"}]
    assert personal_addresses(raw, filled) == {f"{URL}?e=a", "https://a.example/b"}
