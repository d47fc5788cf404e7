"""Stand-ins for HubSpot and LINE over real HTTP, with their documented protocols.

`make run` mounts it under `/sandbox`; tests and benches serve it on a port of its own. It shares no
code with Musubi, and is never mounted when HubSpot credentials are set.
"""

from flask import Flask

from plugin.sandbox.config import SandboxConfig
from plugin.sandbox.smtp import mail_url
from plugin.sandbox.world import World, create_world

__all__ = ["SandboxConfig", "account_to_connect", "close_sandbox", "create_sandbox", "mail_url"]


def create_sandbox(config: SandboxConfig) -> Flask:
    from plugin.sandbox import control, pages
    from plugin.sandbox.hubspot import blueprints as hubspot_blueprints
    from plugin.sandbox.hubspot import seed as seed_hubspot
    from plugin.sandbox.line import blueprints as line_blueprints
    from plugin.sandbox.line import seed as seed_line

    app = Flask(__name__)
    world = create_world(app, config)
    for blueprint in (
        control.blueprint,
        pages.blueprint,
        *hubspot_blueprints(),
        *line_blueprints(),
    ):
        app.register_blueprint(blueprint)
    seed_hubspot(world)
    seed_line(world)
    return app


def close_sandbox(sandbox: Flask) -> None:
    """Flush the store into its file, so that a copy of the file is complete."""
    world: World = sandbox.extensions["world"]
    world.store.close()


def account_to_connect(sandbox: Flask, position: int = 0) -> dict[str, str]:
    """Return an account's two channels, as the LINE console would show them."""
    world: World = sandbox.extensions["world"]
    account = world.store.all("line_account")[position]
    login = world.store.get("line_login", account["login"]) or {}
    liff = world.store.keys("line_liff")[position]
    return {
        "channel_id": account["channel_id"],
        "channel_secret": account["secret"],
        "login_channel_id": login.get("channel_id", ""),
        "login_channel_secret": login.get("secret", ""),
        "liff_url": f"{world.config.base_url}/liff/{liff}",
    }
