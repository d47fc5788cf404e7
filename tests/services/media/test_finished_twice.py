"""An upload that is finished twice at once, or cancelled meanwhile, keeps what is finished."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from plugin.models.base import db
from plugin.models.media.media import Media
from plugin.services.media import uploads
from plugin.services.media.refusals import MediaRefused
from plugin.services.media.store import open_variant
from tests.services.media.files import picture
from tests.support.world import Tenant, World


def begun(world: World, tenant: Tenant, data: bytes) -> int:
    media = uploads.begin(tenant.installation_id, "photo.jpg", len(data), "image")
    uploads.add_part(world.deps, media, 0, data)
    return media.id


@pytest.mark.both_databases
def test_two_requests_finish_the_same_upload(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media_id = begun(world, alice, picture())
    together = Barrier(2)

    def finish() -> dict[str, object]:
        with world.app.app_context():
            media = uploads.find_begun(alice.installation_id, media_id)
            assert media is not None
            assert media.content_type == ""
            together.wait(30)
            return uploads.finish(world.deps, media).variants

    with ThreadPoolExecutor(2) as threads:
        first, second = (threads.submit(finish) for _ in range(2))
    assert first.result() == second.result()
    world.work()
    with world.app.app_context():
        media = Media.find_owned(alice.installation_id, media_id)
        assert media is not None
        with open_variant(world.deps, media, "original") as file:
            assert file.read(2) == b"\xff\xd8"


@pytest.mark.both_databases
def test_cancelling_what_is_finished_meanwhile_changes_nothing(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media_id = begun(world, alice, picture())
        media = uploads.find_begun(alice.installation_id, media_id)
        assert media is not None
        uploads.finish(world.deps, media)
        uploads.cancel(alice.installation_id, media_id)
    world.work()
    with world.app.app_context():
        assert Media.find_owned(alice.installation_id, media_id) is not None


def test_what_was_cancelled_meanwhile_is_not_shown(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media_id = begun(world, alice, picture())
        media = uploads.find_begun(alice.installation_id, media_id)
        assert media is not None
        uploads.cancel(alice.installation_id, media_id)
        with pytest.raises(MediaRefused, match="ended"):
            uploads.finish(world.deps, media)
    world.work()
    with world.app.app_context():
        assert db.session.get(Media, media_id) is None


def test_a_refused_file_is_deleted(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        media_id = begun(world, alice, b"no picture")
        media = uploads.find_begun(alice.installation_id, media_id)
        assert media is not None
        with pytest.raises(MediaRefused, match="no picture"):
            uploads.finish(world.deps, media)
    world.work()
    with world.app.app_context():
        assert db.session.get(Media, media_id) is None
