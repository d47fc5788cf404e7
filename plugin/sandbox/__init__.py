"""Stand-ins for HubSpot and LINE over real HTTP: an outsider that speaks their protocols.

`make run` mounts it under `/sandbox`; tests and benches serve it on a port of its own. It shares
nothing with Musubi but the address, and is never mounted when HubSpot credentials are set.
"""

from flask import Flask

from plugin.sandbox.config import SandboxConfig
from plugin.sandbox.smtp import mail_url
from plugin.sandbox.world import World, settle

__all__ = ["SandboxConfig", "account_to_connect", "create_sandbox", "mail_url"]


def create_sandbox(config: SandboxConfig) -> Flask:
    """A Flask application that answers as both platforms and shows a portal, mailbox and phone."""
    from plugin.sandbox import control, pages
    from plugin.sandbox.hubspot import blueprints as hubspot_blueprints
    from plugin.sandbox.hubspot import seed as seed_hubspot
    from plugin.sandbox.line import blueprints as line_blueprints
    from plugin.sandbox.line import seed as seed_line

    app = Flask(__name__)
    world = settle(app, config)
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


def account_to_connect(sandbox: Flask, position: int = 0) -> dict[str, str]:
    """What a newcomer would copy from the LINE console: an account's two channels."""
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
