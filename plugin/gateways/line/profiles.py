"""Many profiles at once: LINE has no batch call, and one request after the other is slow."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from plugin.gateways import GatewayError, Profile
from plugin.gateways.line.answers import profile, reading
from plugin.gateways.line.client import LineAnswer

PATH = "/v2/bot/profile/{userId}"
CONCURRENCY = 16
# Unknown, blocked, not a friend, without consent, or no user ID; LINE does not say which.
NOT_FOUND = (400, 404)
# Reasons that may concern one user alone; any other would fail for all the users.
USER_REASONS = ("unavailable", "lost")
Outcome = Profile | None | GatewayError


def fetch_profiles(
    send: Callable[[str], LineAnswer],
    again: Callable[[str], Profile],
    refused: Callable[[LineAnswer], GatewayError],
    user_ids: Sequence[str],
) -> Mapping[str, Profile | None]:
    """Return profiles by user id, None where LINE shows none. Users for whom LINE fails twice are
    left out. `send` runs in threads and must touch neither database nor meter; `again` in this
    thread."""
    if not user_ids:
        return {}
    with ThreadPoolExecutor(min(CONCURRENCY, len(user_ids))) as threads:
        answers = dict(zip(user_ids, threads.map(_answer_of(send), user_ids), strict=True))
    profiles: dict[str, Profile | None] = {}
    failed: list[GatewayError] = []
    for user_id, answer in answers.items():
        outcome = _profile(user_id, answer, again, refused)
        if isinstance(outcome, GatewayError):
            failed.append(outcome)
            _check_few(failed, len(user_ids))
        else:
            profiles[user_id] = outcome
    if not profiles:
        raise failed[-1]
    return profiles


def _check_few(failed: Sequence[GatewayError], requested: int) -> None:
    # More than a few failures, or all: LINE itself fails.
    if len(failed) > max(1, requested // 10):
        raise failed[-1]


def _answer_of(send: Callable[[str], LineAnswer]) -> Callable[[str], LineAnswer | GatewayError]:
    def sent(user_id: str) -> LineAnswer | GatewayError:
        try:
            return send(user_id)
        except GatewayError as error:
            return error

    return sent


def _profile(
    user_id: str,
    answer: LineAnswer | GatewayError,
    again: Callable[[str], Profile],
    refused: Callable[[LineAnswer], GatewayError],
) -> Outcome:
    first = _read(answer, refused)
    if not isinstance(first, GatewayError):
        return first
    if first.reason not in (*USER_REASONS, "unauthorized"):
        raise first
    try:
        return again(user_id)
    except GatewayError as error:
        if error.permanent and error.reason in ("not_found", "invalid"):
            return None
        if error.reason not in USER_REASONS:
            raise
        return error


def _read(
    answer: LineAnswer | GatewayError, refused: Callable[[LineAnswer], GatewayError]
) -> Outcome:
    if isinstance(answer, GatewayError):
        return answer
    if answer.status in NOT_FOUND:
        return None
    if not answer.ok:
        return refused(answer)
    try:
        with reading():
            return profile(answer.json() or {})
    except GatewayError as error:
        return error
