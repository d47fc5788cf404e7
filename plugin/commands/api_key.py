"""`flask --app app api-key`: the keys of API clients."""

import click
from flask.cli import AppGroup

from plugin.core.clock import rfc3339
from plugin.models.connections.api_key import ApiKey
from plugin.models.connections.installation import Installation
from plugin.services.system.api_keys import ROLES, create_api_key, revoke_api_key

api_key = AppGroup("api-key", help="Make, list and revoke the keys of the JSON API.")
portal_option = click.option(
    "--portal", required=True, type=int, help="The HubSpot account (portal) whose key it is."
)


@api_key.command("create")
@portal_option
@click.option("--role", type=click.Choice(ROLES), default="reader", show_default=True)
def create(portal: int, role: str) -> None:
    """Print a new key. It cannot be shown again."""
    click.echo(create_api_key(_installation(portal), role))


@api_key.command("list")
@portal_option
def list_keys(portal: int) -> None:
    """List the keys by their first letters."""
    for key in ApiKey.list_owned(_installation(portal).id):
        state = f"revoked {rfc3339(key.revoked_at)}" if key.revoked_at else "in use"
        created = rfc3339(key.created_at)
        used = f"used {rfc3339(key.last_used_at)}" if key.last_used_at else "never used"
        click.echo(f"{key.id}\t{key.prefix}...\t{key.role}\tmade {created}\t{used}\t{state}")


@api_key.command("revoke")
@portal_option
@click.argument("key_id", type=int)
def revoke(portal: int, key_id: int) -> None:
    """End a key at once, by the number that `list` shows."""
    if not revoke_api_key(_installation(portal), key_id):
        raise click.ClickException(f"Portal {portal} has no key {key_id}.")
    click.echo(f"Key {key_id} is revoked.")


def _installation(portal: int) -> Installation:
    installation = Installation.of_portal(portal)
    if installation is None:
        raise click.ClickException(f"Portal {portal} has not installed Musubi.")
    return installation
