"""`flask --app app doctor`: every prerequisite, asked live, with the steps that mend it."""

import json
from collections.abc import Iterator
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from plugin.core.clock import rfc3339
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.connections.installation import REMOVED, Installation
from plugin.services.doctor.plain import plain
from plugin.services.doctor.report import Report, Section
from plugin.services.doctor.run import check_installation, check_server

SIGNS = {"ok": "ok", "failing": "FAILING", "unknown": "unknown", "off": "not set up"}
WIDTH = 11


@click.command("doctor")
@click.option("--portal", type=int, help="Only this HubSpot account (portal).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API answers it.")
@click.pass_context
@with_appcontext
def doctor_command(context: click.Context, portal: int | None, as_json: bool) -> None:
    """Ask HubSpot, LINE and Musubi itself whether everything works. Exits with 1 where not."""
    found, healthy = {}, True
    for number, report in _reports(portal):
        healthy = healthy and not report.failing
        if as_json:
            found[str(number)] = _as_json(report)
        else:
            _print_report(number, report)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    if not healthy:
        context.exit(1)


def _reports(portal: int | None) -> Iterator[tuple[int, Report]]:
    """Yield each portal's report; number 0 is Musubi's own where nobody has installed it."""
    statement = select(Installation).where(Installation.state != REMOVED)
    if portal is not None:
        statement = statement.where(Installation.portal_id == portal)
    installations = db.session.scalars(statement.order_by(Installation.id)).all()
    if portal is not None and not installations:
        raise click.ClickException(f"Portal {portal} has not installed Musubi.")
    for installation in installations:
        yield installation.portal_id, check_installation(get_deps(), installation)
    if not installations:
        yield 0, check_server(get_deps())


def _as_json(report: Report) -> dict[str, Any]:
    found = plain(get_deps(), report)
    checked_at = rfc3339(report.checked_at) if report.checked_at else None
    return {**found, "checked_at": checked_at}


def _print_report(portal: int, report: Report) -> None:
    click.echo(f"Portal {portal}" if portal else "Musubi (not installed in any portal yet)")
    checks = iter(plain(get_deps(), report)["checks"])
    for section in report.sections:
        click.echo(f"\n  {_title(section)}")
        for _ in section.verdicts:
            _print_check(next(checks))
    click.echo("")


def _title(section: Section) -> str:
    title = section.verdicts[0].check.title
    return f"{title}: {section.account.name}" if section.account else title


def _print_check(check: dict[str, Any]) -> None:
    click.echo(f"    {SIGNS[check['state']]:<{WIDTH}} {check['label']}: {check['text']}")
    if check["state"] == "ok":
        return
    indent = " " * (WIDTH + 5)
    if check["detail"]:
        click.echo(f"{indent}In detail: {check['detail']}")
    for step in check["steps"]:
        click.echo(f"{indent}- {' '.join(filter(None, (step['text'], step['url'])))}")
