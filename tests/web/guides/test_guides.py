"""The guides inside Musubi: in the reader's language, for signed-in people, harmless to show."""

import re

import pytest
import requests

from plugin.web.guides.reading import READERS, render
from plugin.web.guides.topics import TOPICS
from tests.house.project import read
from tests.screenshots.shots import file_names
from tests.support.world import Tenant, World

LANG = re.compile(r'<article lang="(\w+)"')


def article(html: str) -> str:
    return html.partition("<article")[2].partition("</article>")[0]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(("spoken", "language"), [("en", "en"), ("ja", "ja"), ("de", "en")])
def test_a_guide_is_read_in_japanese_or_in_english(
    world: World, alice: Tenant, name: str, spoken: str, language: str
) -> None:
    page = alice.walker.go(f"{world.url}/help/{name}?lang={spoken}")
    assert page.status == 200
    assert LANG.search(page.html)[1] == language  # type: ignore[index]
    title = read(f"docs/guide/{language}/{name}.md").partition("\n")[0].removeprefix("# ")
    assert f"<h1>{title}</h1>" in page.html
    assert page.html.count("<h1") == 1


@pytest.mark.parametrize("spoken", ["th", "zh-Hant-TW"])
def test_who_reads_neither_is_told_and_may_choose(world: World, alice: Tenant, spoken: str) -> None:
    page = alice.walker.go(f"{world.url}/help/developer?lang={spoken}")
    assert 'data-testid="written-en"' in page.html
    assert 'href="?in=ja"' in page.html
    chosen = alice.walker.go(f"{world.url}/help/developer?in=ja")
    assert f'<html lang="{spoken}"' in chosen.html
    assert LANG.search(chosen.html)[1] == "ja"  # type: ignore[index]
    # The other guides follow; a document in English alone has nothing to choose.
    assert 'href="/help/marketer?in=ja"' in chosen.html
    document = alice.walker.go(f"{world.url}/help/api").html
    assert 'data-testid="written"' in document
    assert 'data-testid="written-en"' not in document


@pytest.mark.parametrize("spoken", ["en", "ja"])
def test_who_reads_one_of_them_is_told_nothing(world: World, alice: Tenant, spoken: str) -> None:
    page = alice.walker.go(f"{world.url}/help/marketer?lang={spoken}")
    assert 'data-testid="written"' not in page.html
    odd = alice.walker.go(f"{world.url}/help/marketer?in=../x")
    assert LANG.search(odd.html)[1] == spoken  # type: ignore[index]


def test_help_begins_with_the_marketers_guide(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/help")
    assert 'data-testid="guide-marketer"' in page.html
    assert re.search(r'href="/help/marketer"[^>]* aria-current="page"', page.html)


def test_every_sentence_leads_to_its_section(world: World, alice: Tenant) -> None:
    shown = {
        name: alice.walker.go(f"{world.url}/help/{name}").html
        for name in {topic.guide for topic in TOPICS.values()}
    }
    for topic in TOPICS.values():
        assert f' id="{topic.anchor}"' in shown[topic.guide], topic.anchor


def test_documents_lead_to_each_other_inside_musubi(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/help/administrator")
    links = set(re.findall(r'href="(/help/[^"]+)"', article(page.html)))
    assert "/help/going-live#proxy" in links
    for link in links:
        path, _, anchor = link.partition("#")
        target = alice.walker.go(f"{world.url}{path}")
        assert target.status == 200, link
        assert not anchor or f' id="{anchor}"' in target.html, link
    # What is not served is words.
    assert "README.md" not in article(alice.walker.go(f"{world.url}/help/going-live").html)


def test_pictures_are_served_to_signed_in_people_only(world: World, alice: Tenant) -> None:
    address = f"{world.url}/help/pictures/{file_names()[0]}"
    answer = alice.walker.session.get(address)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    for closed in (address, f"{world.url}/help/marketer"):
        assert requests.get(closed, allow_redirects=False, timeout=9).status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/help/nothing", "/help/README", "/help/architecture", "/help/..%2F..%2FREADME",
        "/help/pictures/..%2Fgoing-live.md", "/help/pictures/none.png", "/help/%2e%2e/settings.py",
    ],
)  # fmt: skip
def test_nothing_else_of_the_folder_is_served(world: World, alice: Tenant, path: str) -> None:
    assert alice.walker.session.get(world.url + path).status_code == 404


def test_markdown_brings_no_html_of_its_own() -> None:
    text = (
        "# Title\n\n<script>alert(1)</script>\n\nA <b onclick=x>word</b>"
        " [one](javascript:alert(1)) ![two](data:text/html,x) [three](../../LICENSE)\n"
    )
    html = render(text, "en").html
    assert "<script" not in html
    assert "<b " not in html
    assert "href" not in html
    assert 'src="data:' not in html


def test_a_heading_has_a_name_of_its_own_or_githubs() -> None:
    guide = render('# T\n\n<a id="one"></a>\n## Eins, zwei\n\n## Read `this`, too\n', "en")
    assert guide.anchors == {"t", "one", "read-this-too"}
    assert '<h2 id="one">' in guide.html


def test_lines_of_japanese_are_joined_without_a_blank() -> None:
    assert "一行目二行目" in render("# T\n\n一行目\n二行目\n", "ja").html


def test_a_page_asks_with_a_mark_that_says_what_it_is_about(world: World, alice: Tenant) -> None:
    html = alice.walker.go(f"{world.url}/qr-codes/new").html
    mark = html.partition('data-testid="help-linkage_type"')[2].partition("</details>")[0]
    assert "Help: Linkage Type" in mark
    assert TOPICS["linkage_type"].sentence[:40] in mark
    assert 'href="/help/marketer#linkage-type"' in mark
