"""Checks the form of an Official Account's channel values, for every entry point."""

import re
from collections.abc import Mapping
from typing import Literal

from plugin.services import Dependencies

MINI_APPS = "https://miniapp.line.me"
CHANNEL_ID = re.compile(r"[0-9]{6,20}")
SECRET = re.compile(r"[0-9a-f]{32}")
LIFF_PATH = re.compile(r"/[A-Za-z0-9._~-]{1,100}/?")
Reason = Literal[
    "no_channel_id", "no_secret", "same_channel", "no_login_secret", "no_login_id", "no_liff_url"
]


class InvalidValues(ValueError):
    """Everything that is wrong, by the name of the value, before LINE is asked."""

    def __init__(self, refusals: dict[str, Reason]) -> None:
        super().__init__(", ".join(f"{name}: {reason}" for name, reason in refusals.items()))
        self.refusals = refusals


def refusals(deps: Dependencies, values: Mapping[str, str]) -> dict[str, Reason]:
    """Return a reason for each invalid value, by name."""
    reasons: dict[str, Reason] = {}
    for name in ("channel_id", "login_channel_id"):
        if not CHANNEL_ID.fullmatch(values[name]) and (values[name] or name == "channel_id"):
            reasons[name] = "no_channel_id"
    for name in ("channel_secret", "login_channel_secret"):
        if not SECRET.fullmatch(values[name]) and (values[name] or name == "channel_secret"):
            reasons[name] = "no_secret"
    for name, reason in _login_pair_refusals(values).items():
        reasons.setdefault(name, reason)
    if values["liff_url"] and not is_liff_url(deps, values["liff_url"]):
        reasons["liff_url"] = "no_liff_url"
    return reasons


def liff_bases(deps: Dependencies) -> tuple[str, str]:
    """Return where LIFF apps and MINI Apps open: personal tokens go there and nowhere else."""
    return deps.settings.line_liff_base, MINI_APPS


def is_liff_url(deps: Dependencies, address: str) -> bool:
    """Tell whether it is LINE's own address and one app's id, with nothing behind it."""
    return any(
        address.startswith(base) and LIFF_PATH.fullmatch(address.removeprefix(base)) is not None
        for base in liff_bases(deps)
    )


def _login_pair_refusals(values: Mapping[str, str]) -> dict[str, Reason]:
    login_id, secret = values["login_channel_id"], values["login_channel_secret"]
    if login_id and login_id == values["channel_id"]:
        return {"login_channel_id": "same_channel"}
    if login_id and not secret:
        return {"login_channel_secret": "no_login_secret"}
    return {"login_channel_id": "no_login_id"} if secret and not login_id else {}
