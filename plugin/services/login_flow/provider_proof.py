"""Whether the LINE Login channel and the Official Account belong to one provider: a person has
another LINE User ID at every provider, and no channel reports its own. So a login's ID is looked up
with the account, which LINE shows friends and people who wrote."""

from datetime import timedelta
from typing import Literal, NamedTuple

import structlog

from plugin.core.clock import utcnow
from plugin.core.diagnosis.doctor.verdict import Verdict as Finding
from plugin.core.security.signed_states import (
    StateContent,
    code_verifier,
    derived,
    read_state,
    write_state,
)
from plugin.core.security.tokens import fingerprint
from plugin.gateways import GatewayError
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import login_channel, messaging_channel
from plugin.services.login_flow.session import LoginRefused

log = structlog.get_logger()
PURPOSE = "provider proof"
PROOF_LIFE = timedelta(minutes=30)
# A person's relation to the account that the Login channel is linked with; "unlinked": the channel
# is linked with none, "unknown": LINE could not be reached, "": not asked.
Friendship = Literal["friend", "no_friend", "unlinked", "unknown", ""]
# The details of the check, as the API shows them.
OTHER = "another provider: LINE calls a person a friend and does not show them to the account"
UNLINKED = "another provider, or no linked account: LINE does not show the account who logs in"
NO_FRIEND = "who logged in is no friend of the account, so that nothing is proven"
# What the doctor calls them.
CAUSES = {"": "ok", OTHER: "other", UNLINKED: "not_shown", NO_FRIEND: "no_friend"}
LINKED = {"friend": "ok", "no_friend": "ok", "unlinked": "unlinked"}


class Verdict(NamedTuple):
    """`ok` None: this proves nothing."""

    ok: bool | None
    detail: str = ""


def friendship(deps: Dependencies, user_token: str) -> Friendship:
    # A failed request refuses no friend that the account knows.
    try:
        return "friend" if deps.gateways.line_login.is_friend(user_token) else "no_friend"
    except GatewayError as error:
        log.warning("friendship_unknown", reason=error.reason, status=error.status)
        return "unlinked" if error.permanent and error.reason == "invalid" else "unknown"


def check_provider(
    deps: Dependencies, account: OfficialAccount, user_id: str, standing: Friendship
) -> None:
    """Look up the user until the provider is proven; nothing is stored of them. Raise
    `LoginRefused` (`other_provider`, `not_shown`) where LINE should show them and does not, or
    `GatewayError`."""
    _note_linked(account, standing)
    before = account.checks.get("provider", {}).get("ok")
    if before is True:
        return
    verdict = _look_up(deps, account, user_id, standing)
    if verdict.ok is not None:
        note_provider(account, verdict)
    if verdict.ok is None and before is False:
        # An earlier login has shown that the two do not belong together.
        raise LoginRefused("other_provider")
    if verdict.ok is False:
        log.warning("login_of_another_provider", account=account.id, friendship=standing)
        raise LoginRefused("other_provider" if verdict.detail == OTHER else "not_shown")


def begin_proof(
    deps: Dependencies, account: OfficialAccount, browser: str, redirect_uri: str, locale: str
) -> str:
    """Return LINE's consent URL for a team member; it offers the account as a friend."""
    secret = deps.settings.secret_keys[0]
    begun = StateContent(fingerprint(browser), str(account.id), utcnow() + PROOF_LIFE)
    state = write_state(secret, PURPOSE, begun)
    return deps.gateways.line_login.authorize_url(
        login_channel(account),
        redirect_uri=redirect_uri,
        state=state,
        nonce=derived(secret, "nonce", state),
        code_verifier=code_verifier(secret, state),
        email=False,
        locale=locale,
    )


def account_to_prove(deps: Dependencies, state: str, browser: str) -> OfficialAccount | None:
    """Return the account of this browser's proof; None where the state is of another kind."""
    for secret in deps.settings.secret_keys:
        begun = read_state(secret, PURPOSE, state)
        if begun and begun.browser == fingerprint(browser) and begun.expires_at > utcnow():
            return OfficialAccount.by_id(int(begun.next_path))
    return None


def finish_proof(
    deps: Dependencies, account: OfficialAccount, state: str, code: str, redirect_uri: str
) -> Verdict:
    """Store and return whether LINE shows the member to the account. Raise `GatewayError`."""
    secret = next(
        key for key in deps.settings.secret_keys if read_state(key, PURPOSE, state) is not None
    )
    login = deps.gateways.line_login
    tokens = login.exchange(
        login_channel(account), code, redirect_uri, code_verifier(secret, state)
    )
    nonce = derived(secret, "nonce", state)
    identity = login.verify_id_token(login_channel(account), tokens.id_token, nonce)
    standing = friendship(deps, tokens.access_token)
    _note_linked(account, standing)
    verdict = _look_up(deps, account, identity.user_id, standing)
    note_provider(account, verdict)
    return verdict


def note_provider(account: OfficialAccount, verdict: Verdict) -> None:
    # A verdict that proves nothing replaces no proof.
    with transaction() as session:
        session.refresh(account, with_for_update={"of": OfficialAccount})
        if verdict.ok is not None or account.checks.get("provider", {}).get("ok") is None:
            found = Finding("provider", CAUSES[verdict.detail], verdict.detail)
            account.checks = {**account.checks, "provider": found.stored()}


def _note_linked(account: OfficialAccount, standing: Friendship) -> None:
    """Store whether the Login channel is linked with an account, which only a login shows."""
    cause = LINKED.get(standing)
    if cause is None or account.checks.get("linked", {}).get("cause") == cause:
        return
    with transaction() as session:
        session.refresh(account, with_for_update={"of": OfficialAccount})
        account.checks = {**account.checks, "linked": Finding("linked", cause).stored()}


def _look_up(
    deps: Dependencies, account: OfficialAccount, user_id: str, standing: Friendship
) -> Verdict:
    # LINE shows friends and people who wrote, and answers 404 for all others.
    try:
        deps.gateways.line.profile(messaging_channel(account), user_id)
    except GatewayError as error:
        if not (error.permanent and error.reason in ("not_found", "invalid")):
            raise
    else:
        return Verdict(True)
    if standing == "unknown":
        message = "LINE does not say who is a friend"
        raise GatewayError(message, permanent=False, reason="unavailable")
    by_standing = {"friend": Verdict(False, OTHER), "unlinked": Verdict(False, UNLINKED)}
    return by_standing.get(standing, Verdict(None, NO_FRIEND))
