"""A report as plain data, the same for programs and for the command."""

from typing import Any

from plugin.core.diagnosis.doctor.verdict import Verdict
from plugin.models.connections.official_account import OfficialAccount
from plugin.services import Dependencies
from plugin.services.doctor.places import path_of
from plugin.services.doctor.report import Report


def plain(deps: Dependencies, report: Report) -> dict[str, Any]:
    """`healthy`: nothing fails."""
    return {
        "healthy": not report.failing,
        "checked_at": report.checked_at,
        "checks": [
            _check(deps, verdict, section.account)
            for section in report.sections
            for verdict in section.verdicts
        ],
    }


def _check(deps: Dependencies, verdict: Verdict, account: OfficialAccount | None) -> dict[str, Any]:
    return {
        "key": verdict.key,
        "group": verdict.check.group,
        "label": verdict.check.label,
        "official_account": str(account.id) if account else None,
        "state": verdict.state,
        "cause": verdict.cause,
        "text": str(verdict.text),
        "detail": verdict.detail,
        "steps": [
            {
                "text": str(verdict.sentence(mend.text)),
                "url": _url(deps, path_of(mend.place, account.id if account else None)),
            }
            for mend in verdict.found.mends
        ],
    }


def _url(deps: Dependencies, path: str) -> str:
    return f"{deps.settings.base_url}{path}" if path.startswith("/") else path
