"""Files are checked by what they are, made into LINE's sizes, and leave nothing behind."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from plugin.gateways import GatewayError
from plugin.models import db
from plugin.models.media.media import RECEIVED, UPLOADED, Media
from plugin.models.transaction import transaction
from plugin.services.media import pictures
from plugin.services.media.movies import check_movie
from plugin.services.media.refusals import MediaRefused
from plugin.services.media.store import complete, forget, keep, open_variant, public_url, reserve
from plugin.services.media.variants import IMAGEMAP_WIDTHS
from tests.services.media.files import box, film, moving, picture, upload
from tests.support.pictures import opened
from tests.support.world import Tenant, World


def kept(world: World, tenant: Tenant, data: bytes, **options: Any) -> Media:
    options = {"origin": UPLOADED, **options}
    claimed = options.pop("claimed", "")
    return keep(
        world.deps, upload(data, claimed=claimed), installation_id=tenant.installation_id, **options
    )


def read(world: World, media: Media, variant: str = "original") -> bytes:
    with open_variant(world.deps, media, variant) as file:
        return file.read()


def files(world: World, *uploads: Media) -> list[str]:
    """The names of all files of these uploads."""
    root = Path(world.deps.settings.media_url.removeprefix("file:"))
    folders = {media.key for media in uploads}
    return sorted(path.name for path in root.rglob("*") if path.parent.name in folders)


def refusal(world: World, tenant: Tenant, data: bytes, **options: Any) -> str:
    with pytest.raises(MediaRefused) as refused:
        kept(world, tenant, data, **options)
    assert not db.session.scalars(Media.owned(tenant.installation_id)).all()
    return str(refused.value)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_and_its_preview(world: World, alice: Tenant, kind: str) -> None:
    with world.app.app_context():
        media = kept(world, alice, picture(kind, (3000, 1500)), by="alice@example.com")
        assert (media.kind, media.width, media.height) == ("image", 2048, 1024)
        whole, preview = read(world, media), read(world, media, "preview")
        assert opened(whole).size == (2048, 1024)
        assert opened(preview).size == (1024, 512)
        assert len(whole) == media.size <= 10_000_000
        assert len(preview) == media.variants["preview"]["size"] <= 1_000_000
        assert media.content_type == f"image/{opened(whole).format}".lower()
        url = public_url(world.deps.settings, media, "preview")
        assert url == f"{world.url}/media/{media.key}/preview"


def test_what_a_camera_notes_is_gone_and_the_picture_upright(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media = kept(world, alice, picture(size=(400, 200), turned=6))
        data = read(world, media)
    assert opened(data).size == (200, 400)
    assert not opened(data).getexif()
    assert b"Kyoto" not in data


def test_a_second_meaning_of_the_file_is_gone(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media = kept(world, alice, picture("PNG") + b"<script>alert(1)</script>PK\x03\x04")
        assert b"script" not in read(world, media)


def test_what_is_transparent_stays_so(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media = kept(world, alice, picture("PNG", mode="LA"))
        assert (media.content_type, opened(read(world, media)).mode) == ("image/png", "RGBA")


def test_an_imagemap_has_each_width(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media = kept(world, alice, picture(size=(2080, 1040)), kind="imagemap")
        for width in IMAGEMAP_WIDTHS:
            assert opened(read(world, media, str(width))).size == (width, round(width / 2))
        assert (media.width, media.height) == (1040, 520)


def test_an_icon_is_a_png(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media = kept(world, alice, picture(size=(900, 900)), kind="icon")
        assert opened(read(world, media)).size == (512, 512)
        assert media.content_type == "image/png"


def test_a_film_loses_the_place_and_nothing_else(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media = kept(world, alice, film())
        data = read(world, media)
    assert (media.kind, media.width, media.height) == ("video", 640, 360)
    assert b"35.0116" not in data
    assert b"udta" not in data
    assert len(data) == len(film())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"no picture at all", "no picture"),
        (picture()[:700], "no picture"),
        (picture("PNG")[:90], "no picture"),
        (b"<!DOCTYPE html><svg onload=alert(1)>", "SVG"),
        (box(b"ftyp", b"heic\0\0\0\0mif1"), "HEIC"),
        (moving("GIF"), "moves"),
        (moving("WEBP"), "moves"),
        (picture(size=(4000, 20)), "longer than it is wide"),
        (film(brand=b"qt  "), "QuickTime"),
        (film()[:60], "not complete"),
        (film()[:-20], "not complete"),
        (film(0, 0), "only sound"),
    ],
)
def test_what_is_refused_is_said(world: World, alice: Tenant, data: bytes, words: str) -> None:
    with world.app.app_context():
        assert words in refusal(world, alice, data)


def test_a_video_that_is_none(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        assert "no MP4 video" in refusal(world, alice, picture(), kind="video")
        assert "no picture" in refusal(world, alice, film(), kind="image")


def test_bombs_are_refused_by_their_heads(world: World, alice: Tenant) -> None:
    large = Image.new("1", (30_000, 30_000))
    files = []
    for kind in ("PNG", "GIF"):
        data = upload(b"").file
        large.save(data, kind)
        data.seek(0)
        files.append(data.read())
    with world.app.app_context():
        for each in files:
            assert "too many pixels" in refusal(world, alice, each)
        promised = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0"
        assert "too many pixels" in refusal(world, alice, promised + bytes(100))


def test_too_many_bytes(world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin.services.media.variants.LARGEST", {"image": 1_000_000})
    with world.app.app_context():
        assert "larger than 1 MB" in refusal(world, alice, bytes(1_000_001))


def test_what_a_friend_sent(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        options = {"origin": RECEIVED, "claimed": "image/jpeg"}
        assert kept(world, alice, picture(), **options).kind == "image"
        assert kept(world, alice, film(), **options).kind == "video"
        page = kept(world, alice, b"<html>", origin=RECEIVED, claimed="text/html")
        assert (page.kind, page.content_type) == ("file", "application/octet-stream")
        sound = kept(world, alice, b"\0m4a", origin=RECEIVED, claimed="audio/x-m4a")
        assert (sound.kind, sound.content_type) == ("audio", "audio/x-m4a")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("C:\\Users\\shop\\spring sale.jpg", "spring sale.jpg"),
        ("../../etc/passwd", "passwd"),
        ("春\0.png", "春.png"),
        ("\ud83d.png", "?.png"),
        ("x" * 5000, "x" * 255),
    ],
)
def test_names_as_they_come(world: World, alice: Tenant, sent: str, shown: str) -> None:
    with world.app.app_context():
        media = keep(
            world.deps,
            upload(picture(), sent),
            installation_id=alice.installation_id,
            origin=UPLOADED,
        )
        assert media.name == shown


@pytest.mark.both_databases
def test_what_is_deleted_is_gone_with_its_bytes(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media = kept(world, alice, picture())
        other = kept(world, alice, picture())
        assert files(world, media, other) == ["original", "original", "preview", "preview"]
        key = media.key
        with transaction():
            forget(media)
        assert Media.by_key(key) is None
    world.work()
    with world.app.app_context():
        assert files(world, other) == ["original", "preview"]
        assert len(db.session.scalars(Media.owned(alice.installation_id)).all()) == 1
        with pytest.raises(GatewayError) as missing:
            world.deps.gateways.media.read(f"{key[:2]}/{key[2:4]}/{key}/original")
        assert missing.value.reason == "not_found"


@pytest.mark.both_databases
def test_an_upload_that_never_ends_is_tidied_up(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        begun = reserve(alice.installation_id, UPLOADED, "cut.jpg")
        world.deps.gateways.media.write(
            f"{begun.key[:2]}/{begun.key[2:4]}/{begun.key}/original", upload(b"half").file
        )
        finished = kept(world, alice, picture())
    world.work(ahead=3600)
    with world.app.app_context():
        assert files(world, begun) == ["original"]
    world.work(ahead=24 * 3600)
    with world.app.app_context():
        assert files(world, begun) == []
        assert files(world, finished) == ["original", "preview"]
        assert db.session.scalars(select(Media.id)).all() == [finished.id]


def test_an_upload_that_was_tidied_up_meanwhile_is_refused(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        begun = reserve(alice.installation_id, UPLOADED, "slow.jpg")
    world.work(ahead=25 * 3600)
    with world.app.app_context(), pytest.raises(MediaRefused):
        complete(world.deps, begun, upload(picture()))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_damage_is_refused_in_words_or_drawn(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "film"]))
    whole = bytearray(film() if kind == "film" else picture(kind, (64, 48)))
    for _ in range(data.draw(st.integers(0, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    file = upload(bytes(whole[: data.draw(st.integers(0, len(whole)))])).file
    with suppress(MediaRefused):
        if kind == "film":
            assert min(check_movie(file)) > 0
        else:
            whole_picture, preview = pictures.draw(file)
            assert opened(whole_picture.data).size == opened(preview.data).size
