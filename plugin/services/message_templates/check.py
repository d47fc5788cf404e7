"""Checks a template before it is stored: Musubi's own rules first, then LINE's dry run."""

import re
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

from plugin.core.messages.checks import check_count, find_problems
from plugin.core.messages.names import inside, message_at, named
from plugin.core.messages.part import InvalidMessage, count_clusters
from plugin.core.messages.personalise import sample
from plugin.core.text.sentences import Sentence
from plugin.gateways import GatewayError
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import close_reads
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.message_templates.coupons import coupon_problems

# LINE names the place as `messages[0].template.actions[1].label`.
PLACE = re.compile(r"messages\[(\d+)\]\.?")
INDEX = re.compile(r"\[(\d+)\]")
STEP = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")
Message = dict[str, Any]


class Verdict(NamedTuple):
    """`problems`: each with its path, which begins with the message's position; `by_line`: whether
    LINE could be asked."""

    problems: tuple[InvalidMessage, ...]
    by_line: bool

    @property
    def good(self) -> bool:
        return not self.problems


def check_template(
    deps: Dependencies, account: OfficialAccount, messages: list[Message]
) -> Verdict:
    """Check messages with unfilled tokens, putting an example in the place of each."""
    problems = own_problems(messages)
    if problems:
        return Verdict(tuple(problems), by_line=False)
    return ask_line(deps, account, messages)


def ask_line(deps: Dependencies, account: OfficialAccount, messages: Sequence[Message]) -> Verdict:
    """Ask LINE about messages in which Musubi itself finds nothing wrong."""
    example = sample(messages)
    close_reads()
    channel = messaging_channel(account)
    gone = coupon_problems(deps, channel, example)
    if gone:
        several = len(example) > 1
        return Verdict(tuple(_coupon_problem(*each, several) for each in gone), True)
    try:
        deps.gateways.line.validate(channel, example)
    except GatewayError as error:
        if error.reason != "invalid":
            return Verdict((), by_line=False)
        told = [_of_line(detail, error.message) for detail in error.details]
        return Verdict(tuple(told) or (InvalidMessage(error.message),), by_line=True)
    return Verdict((), by_line=True)


def own_problems(messages: Sequence[Message | None]) -> list[InvalidMessage]:
    """Return all that Musubi itself finds; None: a message that could not be made."""
    try:
        check_count(messages)
    except InvalidMessage as error:
        return [error]
    found: list[InvalidMessage] = []
    for at, message in enumerate(messages):
        if message is None:
            continue
        place = message_at(at + 1) if len(messages) > 1 else None
        try:
            (example,) = sample([message])
        except InvalidMessage as error:
            found.append((error if place is None else error.named(place)).at(at))
            continue
        problems = find_problems(example, place, count_clusters)
        found += [problem.at(at) for problem in problems]
    return found


def _coupon_problem(number: int, words: Sentence, several: bool) -> InvalidMessage:
    problem = InvalidMessage(words.text, **words.values).at(number - 1, "couponId")
    return problem.named(message_at(number)) if several else problem


def _of_line(detail: str, headline: str) -> InvalidMessage:
    """Turn `messages[0].template.actions[1].label: x` into "Message 1, template, actions 2: x"."""
    path, _, problem = detail.partition(": ")
    # Of a flex message LINE names the place (`/body/type`), and the message in its headline.
    message = PLACE.match(path) or PLACE.search(headline)
    if message is None:
        return InvalidMessage(detail)
    inner_path = path.removeprefix(message[0]).replace("/", ".")
    steps = INDEX.sub(lambda index: f" {int(index[1]) + 1}", inner_path).split(".")
    place = reduce(inside, map(_step, filter(None, steps)), message_at(int(message[1]) + 1))
    told = InvalidMessage(problem).named(place)
    told.words = Sentence("LINE says: %(problem)s", problem=problem)
    return told.at(int(message[1]), *_path_of(inner_path))


def _path_of(written: str) -> Iterator[str | int]:
    for name, number in STEP.findall(written):
        yield int(number) if number else name


def _step(step: str) -> Sentence | str:
    # `label`, or `actions 2`.
    name, _, number = step.partition(" ")
    if not number:
        return named(name)
    return Sentence("%(name)s %(number)s", name=named(name), number=number)
