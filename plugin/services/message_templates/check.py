"""Checks a template before it is stored: Musubi's own rules first, then LINE's dry run."""

import re
from functools import reduce
from typing import Any, NamedTuple

from plugin.core.messages.checks import check_messages
from plugin.core.messages.names import inside, message_at, named
from plugin.core.messages.part import InvalidMessage, count_clusters
from plugin.core.messages.personalise import sample
from plugin.core.text.sentences import Sentence
from plugin.gateways import GatewayError
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import close_reads
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel

# LINE names the place as `messages[0].template.actions[1].label`.
PLACE = re.compile(r"messages\[(\d+)\]\.?")
INDEX = re.compile(r"\[(\d+)\]")


class Verdict(NamedTuple):
    """`problems` in sentences; `by_line`: whether LINE could be asked."""

    problems: tuple[Sentence, ...]
    by_line: bool

    @property
    def good(self) -> bool:
        return not self.problems


def check_template(
    deps: Dependencies, account: OfficialAccount, messages: list[dict[str, Any]]
) -> Verdict:
    """Check messages with unfilled tokens, putting an example in the place of each."""
    try:
        example = sample(messages)
        check_messages(example, count_clusters)
    except InvalidMessage as error:
        return Verdict((error.problem,), by_line=False)
    close_reads()
    channel = messaging_channel(account)
    try:
        deps.gateways.line.validate(channel, example)
    except GatewayError as error:
        if error.reason != "invalid":
            return Verdict((), by_line=False)
        sentences = tuple(_as_sentence(detail, error.message) for detail in error.details)
        return Verdict(sentences or (Sentence(error.message),), by_line=True)
    return Verdict((), by_line=True)


def _as_sentence(detail: str, headline: str) -> Sentence:
    """Turn `messages[0].template.actions[1].label: x` into "Message 1, template, actions 2: x"."""
    path, _, problem = detail.partition(": ")
    # Of a flex message LINE names the place (`/body/type`), and the message in its headline.
    message = PLACE.match(path) or PLACE.search(headline)
    if message is None:
        return Sentence(detail)
    inner_path = path.removeprefix(message[0]).replace("/", ".")
    steps = INDEX.sub(lambda index: f" {int(index[1]) + 1}", inner_path).split(".")
    place = reduce(inside, map(_step, filter(None, steps)), message_at(int(message[1]) + 1))
    return Sentence("%(place)s: %(problem)s", place=place, problem=problem)


def _step(step: str) -> Sentence | str:
    # `label`, or `actions 2`.
    name, _, number = step.partition(" ")
    if not number:
        return named(name)
    return Sentence("%(name)s %(number)s", name=named(name), number=number)
