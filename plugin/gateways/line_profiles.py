"""Many profiles at once: LINE has no batch call, and one after the other is slow from afar."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from plugin.gateways import GatewayError, Profile
from plugin.gateways.line_answers import profile, reading
from plugin.gateways.line_client import LineAnswer

PATH = "/v2/bot/profile/{userId}"
AT_ONCE = 16
# Unknown, blocked, not a friend, without consent, or no id at all; LINE does not say which.
NOBODY = (400, 404)


def ask_for_profiles(
    send: Callable[[str], LineAnswer],
    again: Callable[[str], Profile],
    refused: Callable[[LineAnswer], GatewayError],
    user_ids: Sequence[str],
) -> Mapping[str, Profile | None]:
    """Profiles by user id, None where LINE shows none.

    `send` must touch neither database nor meter: it runs in threads. `again` asks once more, in
    this thread, where the token was refused.
    """
    if not user_ids:
        return {}
    with ThreadPoolExecutor(min(AT_ONCE, len(user_ids))) as threads:
        answers = dict(zip(user_ids, threads.map(send, user_ids), strict=True))
    return {one: _profile(one, answer, again, refused) for one, answer in answers.items()}


def _profile(
    user_id: str,
    answer: LineAnswer,
    again: Callable[[str], Profile],
    refused: Callable[[LineAnswer], GatewayError],
) -> Profile | None:
    if answer.status in NOBODY:
        return None
    try:
        if answer.status == 401:
            return again(user_id)
    except GatewayError as error:
        if error.permanent and error.reason in ("not_found", "invalid"):
            return None
        raise
    if not answer.ok:
        raise refused(answer)
    with reading():
        return profile(answer.json() or {})
