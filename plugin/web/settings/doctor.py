"""Settings > Doctor: every prerequisite with its verdict; and the symptoms that people meet."""

from collections.abc import Iterable, Set
from typing import NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.diagnosis.doctor.cause import State
from plugin.core.diagnosis.doctor.checks import GROUPS, LOOKED_AT, Group
from plugin.core.diagnosis.doctor.symptoms import SYMPTOMS, Symptom
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.connections.account_checks import webhook_url
from plugin.services.connections.channels import callback_url
from plugin.services.doctor.report import Section, report_of
from plugin.services.doctor.run import check_installation, note_seen
from plugin.web.chosen_account import chosen_account
from plugin.web.layout import page
from plugin.web.owned import own_account
from plugin.web.session import person, tenant
from plugin.web.settings.blueprint import blueprint
from plugin.web.settings.findings import Finding, Step, Tally, advice_of, section_findings

# What does not fail, in the order in which it is shown.
_REST: tuple[State, ...] = ("unknown", "off", "ok")


class ShownSection(NamedTuple):
    """`id`: the section's anchor."""

    id: str
    title: str
    account: OfficialAccount | None
    findings: list[Finding]


class ShownSymptom(NamedTuple):
    id: str
    title: str
    text: str
    advice: list[Step]
    sections: list[ShownSection]
    failing: int


@blueprint.get("/settings/doctor")
def doctor() -> str:
    installation = person().installation
    report = report_of(installation, _accounts())
    sections = [_shown(section) for section in report.sections]
    is_first = report.checked_at is None
    moments = [report.checked_at, *(section.account.checked_at for section in sections
                                    if section.account)]  # fmt: skip
    return page(
        "settings/doctor.html",
        "settings",
        is_first=is_first,
        to_mend=_having(sections, {"failing"}),
        sections=_having(sections, set(_REST), only_checked=is_first),
        counts=Tally.of(report.verdicts),
        checked_at=None if None in moments else min(filter(None, moments)),
        looked_at=LOOKED_AT,
        callback_url=callback_url(get_deps()),
        webhook_urls={one.account.id: webhook_url(get_deps(), one.account) for one in sections
                      if one.account},
    )  # fmt: skip


@blueprint.post("/settings/doctor")
def check_now() -> Response:
    """Ask HubSpot, LINE and Musubi itself, ten seconds at most."""
    check_installation(get_deps(), person().installation)
    # Of what the page shows, as the page counts it.
    failing = report_of(person().installation, _accounts()).failing
    flash(
        _("Checked just now. What needs mending is on top.")
        if failing
        else _("Checked just now. Nothing to mend."),
        "bad" if failing else "message",
    )
    return redirect(url_for("settings.doctor"))


@blueprint.post("/accounts/<row_id:account_id>/seen")
def looked_at(account_id: int) -> Response:
    """Keep that somebody has looked at what LINE shows only to its administrators."""
    account, key = own_account(account_id), request.form.get("check", "")
    if not note_seen(account, key):
        abort(400)
    flash(_("Noted. The doctor asks again in half a year."))
    if request.form.get("back") == "account":
        return redirect(url_for("settings.account", account_id=account_id))
    return redirect(url_for("settings.doctor", _anchor=f"{key}-{account_id}"))


@blueprint.get("/help/linkage")
def symptoms() -> str:
    """Say for each thing that people meet what to look at, with what the doctor found last."""
    report = report_of(person().installation, _accounts())
    shown = [_symptom(key, one, report.sections) for key, one in SYMPTOMS.items()]
    return page("settings/symptoms.html", "settings", symptoms=shown)


def _accounts() -> list[OfficialAccount]:
    account = chosen_account()
    return OfficialAccount.list_owned(tenant()) if account is None else [account]


def _shown(section: Section) -> ShownSection:
    account = section.account
    anchor = f"{section.group}-{account.id}" if account else section.group
    return ShownSection(anchor, title_of(section.group), account, section_findings(section))


def title_of(group: Group) -> str:
    return str(_(GROUPS[group]))


def _having(
    sections: Iterable[ShownSection], states: Set[State], *, only_checked: bool = False
) -> list[ShownSection]:
    """Return the findings of these states, without sections that have none."""
    chosen = []
    for section in sections:
        found = [one for one in section.findings
                 if one.state in states and (one.checked or not only_checked)]  # fmt: skip
        if found:
            found.sort(key=lambda finding: ("failing", *_REST).index(finding.state))
            chosen.append(section._replace(findings=found))
    return chosen


def _symptom(key: str, symptom: Symptom, sections: Iterable[Section]) -> ShownSymptom:
    found, failing = [], 0
    for section in sections:
        bearing = [one for one in section.verdicts if one.key in symptom.checks]
        bearing.sort(key=lambda one: (one.state != "failing", symptom.checks.index(one.key)))
        if bearing:
            found.append(_shown(section._replace(verdicts=bearing)))
            failing += Tally.of(bearing).failing
    # Each section begins with what fails in it.
    found.sort(key=lambda section: section.findings[0].state != "failing")
    title, text = _(symptom.title), _(symptom.text)
    return ShownSymptom(key, title, text, advice_of(symptom.advice), found, failing)
