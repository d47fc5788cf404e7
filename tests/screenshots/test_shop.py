"""The shop of the pictures can live its month, and every page that is taken is there."""

from pathlib import Path

import pytest

from plugin.models import db
from plugin.web.guides.reading import LANGUAGES
from tests.screenshots.__main__ import load_sdks, opened
from tests.screenshots.shop import Shop
from tests.screenshots.shots import SHOTS, jobs
from tests.simulation.times import frozen_clocks
from tests.support.walker import Walker


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_pictures_is_there(tmp_path: Path, language: str) -> None:
    load_sdks()
    with opened(tmp_path) as world:
        with world.app.app_context():
            engine = db.engine
        with frozen_clocks(engine) as clock:
            shop = Shop(world, clock, language)
            shop.live()
            shop.tenant.walker = world.install().walker
            taken = jobs(shop, [])
            assert len(taken) == sum(len(shot.sizes) for shot in SHOTS.values())
            for job in taken:
                walker = Walker(language)
                for cookie in job["cookies"]:  # type: ignore[attr-defined]
                    walker.session.cookies.set(cookie["name"], cookie["value"])
                page = walker.go(f"{world.url}{job['path']}")
                assert page.status == 200, job["path"]
                # Whoever is not signed in is sent to the first page.
                assert page.url.startswith(f"{world.url}{str(job['path']).partition('?')[0]}")
                assert f'<html lang="{language}"' in page.html
