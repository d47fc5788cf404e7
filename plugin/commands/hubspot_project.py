"""`flask --app app hubspot-project`: the project that a HubSpot developer uploads."""

import json
import re
from pathlib import Path

import click
from flask.cli import AppGroup

from plugin.core.hubspot_project import SOURCE, Profile, project_files
from plugin.guards import get_deps

DEFINITION = Path(__file__).parents[2] / "hubspot-app.json"
NAME = re.compile(r"[a-z0-9-]{1,40}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Name, base URL and HubSpot account of a `--profile`.
Environment = tuple[str, str, int]

hubspot_project = AppGroup("hubspot-project", help="Make the HubSpot app's project files.")


@hubspot_project.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--profile",
    "environments",
    type=(str, str, int),
    multiple=True,
    metavar="NAME BASE_URL ACCOUNT",
    help="An environment: its name, Musubi's address, the HubSpot developer account's ID."
    " May be given several times. Without it: `production` at BASE_URL.",
)
@click.option(
    "--support-email",
    default="",
    help="Whom HubSpot's users write to about the app; kept in the profiles given here.",
)
def export(folder: Path, environments: tuple[Environment, ...], support_email: str) -> None:
    """Write the project into FOLDER. Profiles that are there stay, unless given anew."""
    profiles = [_profile(*environment, support_email) for environment in environments]
    if not profiles and not any((folder / SOURCE).glob("hsprofile.*.json")):
        profiles = [Profile("production", get_deps().settings.base_url, 0, support_email)]
    app = json.loads(DEFINITION.read_text(encoding="utf-8"))
    files = project_files(app, profiles)
    _clear(folder / SOURCE / "app" / "workflow-actions")
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
        click.echo(path)
    for profile in sorted((folder / SOURCE).glob("hsprofile.*.json")):
        _report_missing(profile)


def _report_missing(profile: Path) -> None:
    content = json.loads(profile.read_text(encoding="utf-8"))
    missing = [] if content.get("accountId") else ["accountId"]
    variables = content.get("variables", {})
    missing += [name for name in ("BASE_URL", "SUPPORT_EMAIL") if not variables.get(name)]
    if missing:
        click.echo(f"Enter {' and '.join(missing)} in {profile.name}.", err=True)


def _profile(name: str, base_url: str, account_id: int, support_email: str) -> Profile:
    if not NAME.fullmatch(name):
        raise click.BadParameter(f"A profile's name has a-z, 0-9 and hyphens only: {name}")
    base_url = base_url.rstrip("/")
    if not base_url.startswith(("https://", "http://localhost")):
        raise click.BadParameter(f"HubSpot calls https addresses only: {base_url}")
    if support_email and not EMAIL.fullmatch(support_email):
        raise click.BadParameter(f"This is no email address: {support_email}")
    return Profile(name, base_url, account_id, support_email)


def _clear(actions: Path) -> None:
    # An action that is no longer declared must not stay and be uploaded.
    for old in actions.glob("*-hsmeta.json"):
        old.unlink()
