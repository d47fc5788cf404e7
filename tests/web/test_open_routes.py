"""Doors are closed by default: what is open is written here, and nothing else is."""

from plugin.models import db
from tests.support.world import World

OPEN = {
    "actions.execute",
    "actions.options",
    "agents.mcp",
    "api.openapi.openapi",
    "login_flow.callback",
    "login_flow.enter",
    "login_flow.liff",
    "login_flow.step",
    "login_flow.attempt",
    "hubspot_webhooks.receive",
    "inbox_live.live",
    "line_webhooks.receive",
    "media_files.show_file",
    "operators.healthz",
    "operators.readyz",
    "static",
    "web.callback",
    "web.home",
    "web.install",
    "web.leave",
    "login_flow.tapped",
}


def test_the_open_routes_are_these(world: World) -> None:
    views = world.app.view_functions
    marked = {name for name, view in views.items() if getattr(view, "public_proof", "")}
    unknown = marked ^ (OPEN - {"static"})
    assert not unknown


def test_a_stranger_gets_no_further(world: World) -> None:
    """Every other route sends strangers away, whatever the method, before it looks at ids."""
    client = world.app.test_client()
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint in OPEN:
            continue
        path = rule.rule
        for argument in rule.arguments:
            converter = type(rule._converters[argument]).__name__
            value = "1" if converter in ("IntegerConverter", "RowIdConverter") else "x"
            path = path.replace(_placeholder(rule.rule, argument), value)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(path, method=method)
            assert answer.status_code in (302, 400, 401, 404), (method, path, answer.status_code)
            if answer.status_code == 302:
                assert answer.location.startswith("/?next="), (method, path)
    with world.app.app_context():
        assert db.session.is_active


def _placeholder(rule: str, argument: str) -> str:
    start = next(
        part for part in rule.split("<")[1:] if part.split(">")[0].split(":")[-1] == argument
    )
    return f"<{start.split('>')[0]}>"
