"""`flask --app app backup` and `restore`: the whole database, while Musubi runs."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from plugin.core.clock import utcnow
from plugin.guards import get_deps
from plugin.migrating import upgrade_database
from plugin.services.system.backup import CannotBackUp, back_up, check_backup, restore

ASK = "Everything that happened since this backup will be gone from Musubi. Go on?"


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup_command(file: Path) -> None:
    """Copy the database into FILE, which must not exist. Musubi may go on running."""
    try:
        back_up(get_deps(), file)
    except CannotBackUp as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The database is copied to {file}.")
    click.echo("Pictures and videos of messages are not in it: they are kept at MEDIA_URL.")
    click.echo("Keep SECRET_KEY and ENCRYPTION_KEYS with it: without them it cannot be used.")


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def restore_command(file: Path, yes: bool) -> None:
    """Put the backup FILE in the place of the database; what was there is kept beside it."""
    try:
        check_backup(get_deps(), file)
        if not yes:
            click.confirm(ASK, abort=True)
        before = restore(get_deps(), file, utcnow())
    except CannotBackUp as error:
        raise click.ClickException(str(error)) from error
    upgrade_database()
    click.echo(f"The database is that of {file}.")
    if before:
        click.echo(f"What was there is in {before}.")
