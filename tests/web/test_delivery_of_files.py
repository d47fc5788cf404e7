"""How pages and files travel: compressed, kept by name, and telling nothing by their length."""

import gzip
import re

import pytest
import requests

from tests.support.people import linked
from tests.support.world import Tenant, World


def test_static_files_have_names_of_their_content_and_are_kept(world: World, alice: Tenant) -> None:
    html = alice.walker.go(f"{world.url}/").html
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    assert len(addresses) >= 4
    for address in addresses:
        assert re.search(r"\?v=[0-9a-f]{12}$", address), address
        answer = requests.get(world.url + address, timeout=10)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    stale = requests.get(f"{world.url}/static/musubi.css?v=000000000000", timeout=10)
    assert stale.headers["Cache-Control"] == "no-cache"
    assert requests.get(f"{world.url}/static/none.css?v=1", timeout=10).status_code == 404


def test_pages_and_files_are_compressed_for_who_takes_it(world: World, alice: Tenant) -> None:
    linked(world, alice)
    for path in ("/friends", "/static/musubi.css", "/api/v1/openapi.json"):
        packed = alice.walker.session.get(world.url + path, stream=True)
        assert packed.headers["Content-Encoding"] == "gzip", path
        assert "Accept-Encoding" in packed.headers["Vary"]
        raw = packed.raw.read()
        plain = alice.walker.session.get(world.url + path, headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        assert len(raw) < len(plain.content) / 2
        assert len(gzip.decompress(raw)) == len(plain.content)


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "br", ""])
def test_nobody_gets_what_they_cannot_read(world: World, accepted: str) -> None:
    answer = requests.get(f"{world.url}/", headers={"Accept-Encoding": accepted}, timeout=10)
    assert "Content-Encoding" not in answer.headers
    assert answer.text.startswith("<!doctype html>")


def test_the_length_of_a_page_is_different_each_time(world: World, alice: Tenant) -> None:
    lengths = set()
    for _ in range(20):
        answer = alice.walker.session.get(f"{world.url}/friends", stream=True)
        lengths.add(len(answer.raw.read()))
    assert len(lengths) > 5


def test_a_part_of_a_file_and_an_unchanged_one(world: World) -> None:
    address = f"{world.url}/static/musubi.css"
    first = requests.get(address, timeout=10)
    again = requests.get(address, headers={"If-None-Match": first.headers["ETag"]}, timeout=10)
    assert again.status_code == 304
    part = requests.get(
        address, headers={"Range": "bytes=0-9", "Accept-Encoding": "gzip"}, timeout=10
    )
    assert (part.status_code, len(part.content)) == (206, 10)
