"""A template to write in."""

import pytest

from plugin.services.message_templates.library import create_template
from tests.support.world import Tenant, World


@pytest.fixture
def template_id(world: World, alice: Tenant) -> int:
    with world.app.app_context():
        messages = [{"type": "text", "text": "Published"}]
        return create_template(world.account(alice), "Welcome", messages).id
