"""What a check says where a platform gave no answer that decides."""

from plugin.core.diagnosis.doctor.cause import NO_ANSWER, TOO_OFTEN
from plugin.core.diagnosis.doctor.verdict import Verdict, unanswered
from plugin.gateways import GatewayError


def refused_or_unanswered(error: GatewayError, refused: str, *keys: str) -> list[Verdict]:
    """Return `refused` where the platform said no, and otherwise that nothing is known."""
    if error.permanent and refused:
        return unanswered(error.message, *keys, cause=refused)
    cause = TOO_OFTEN if error.reason == "rate_limited" else NO_ANSWER
    return unanswered(error.message, *keys, cause=cause)
