"""A template judged before it is kept: by Musubi's own rules, then by LINE's dry run."""

import re
from functools import reduce
from typing import Any, NamedTuple

from plugin.core.message_checks import check_messages
from plugin.core.message_names import inside, message_at, named
from plugin.core.message_part import InvalidMessage
from plugin.core.personalise import sample
from plugin.core.sentences import Sentence
from plugin.gateways import Channel, GatewayError
from plugin.models.base import close_reads
from plugin.models.official_account import OfficialAccount
from plugin.services import Outside
from plugin.services.graphemes import count_clusters

# LINE names the place as `messages[0].template.actions[1].label`.
PLACE = re.compile(r"messages\[(\d+)\]\.?")
INDEX = re.compile(r"\[(\d+)\]")


class Verdict(NamedTuple):
    """`problems` in sentences, none where all is well; `by_line`: whether LINE could be asked."""

    problems: tuple[Sentence, ...]
    by_line: bool

    @property
    def good(self) -> bool:
        """Whether the messages may be kept."""
        return not self.problems


def check_template(
    outside: Outside, account: OfficialAccount, messages: list[dict[str, Any]]
) -> Verdict:
    """Judge messages whose tokens are not filled, with an example in the place of each."""
    try:
        example = sample(messages)
        check_messages(example, count_clusters)
    except InvalidMessage as error:
        return Verdict((error.problem,), by_line=False)
    close_reads()
    channel = Channel(account.channel_id, account.channel_secret)
    try:
        outside.gateways.line.validate(channel, example)
    except GatewayError as error:
        if error.reason != "invalid":
            return Verdict((), by_line=False)
        words = tuple(_in_words(detail, error.message) for detail in error.details)
        return Verdict(words or (Sentence(error.message),), by_line=True)
    return Verdict((), by_line=True)


def _in_words(detail: str, headline: str) -> Sentence:
    """`messages[0].template.actions[1].label: too long` as "Message 1, template, actions 2 ...".

    Of a flex message LINE names the place inside (`/body/type`) and the message in its headline.
    """
    path, _, words = detail.partition(": ")
    message = PLACE.match(path) or PLACE.search(headline)
    if message is None:
        return Sentence(detail)
    within = path.removeprefix(message[0]).replace("/", ".")
    steps = INDEX.sub(lambda index: f" {int(index[1]) + 1}", within).split(".")
    place = reduce(inside, map(_step, filter(None, steps)), message_at(int(message[1]) + 1))
    return Sentence("%(place)s: %(problem)s", place=place, problem=words)


def _step(written: str) -> Sentence | str:
    """`label`, or `actions 2`."""
    name, _, number = written.partition(" ")
    if not number:
        return named(name)
    return Sentence("%(name)s %(number)s", name=named(name), number=number)
