"""A form that is sent after the session's end: nothing is done, and what was typed is not lost."""

from tests.services.inbox.talks import messages_of, talk
from tests.support.world import Tenant, World
from tests.web.pages import csrf_of


def test_the_page_that_refuses_shows_what_was_typed(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    walker = alice.walker
    token = csrf_of(walker.go(f"{world.url}/inbox/{conversation_id}"))
    walker.session.post(f"{world.url}/sign-out", data={"csrf_token": token})
    data = {"csrf_token": token, "text": "Yes, <from> ten", "client_secret": "hidden"}
    answer = walker.session.post(f"{world.url}/inbox/{conversation_id}/answer", data=data)
    assert answer.status_code == 401
    assert "Yes, &lt;from&gt; ten</textarea>" in answer.text
    assert "hidden" not in answer.text.replace("hidden-label", "").replace('type="hidden"', "")
    assert 'data-testid="sign-in-again"' in answer.text
    with world.app.app_context():
        assert len(messages_of(conversation_id)) == 1
    forged = walker.session.post(f"{world.url}/inbox/{conversation_id}/answer", data={"text": "x!"})
    assert forged.status_code == 400
    assert "x!" not in forged.text
