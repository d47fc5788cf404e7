"""Requests that schemathesis makes of the description, sent to Musubi in a world with real data."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
# Fields of bodies and queries that name a row, by the name of the variable of its address.
NAMED = {
    "official_account": "account_id",
    "qr_code": "code_id",
    "segment": "segment_id",
    "template": "template_id",
    "friend": "friend_id",
    "member": "member_id",
    "assignee": "member_id",
    "media": "media_id",
    "broadcast": "broadcast_id",
    "list_preparation": "preparation_id",
}
# What is looked at comes before what changes it, and what ends it comes last.
METHODS = ("get", "put", "patch", "post", "delete")


@dataclass
class Explorer:
    """A program that asks all kinds of things; `rows`: ids by the names of addresses' variables."""

    url: str
    key: str
    rows: Mapping[str, str]
    examples: int
    derandomize: bool
    seen: Counter[int] = field(default_factory=Counter)

    def explore(self, operation: Any) -> None:
        """Send requests as described, and others. Raise where an answer is not as described."""
        example = _example_of(operation)

        def send(case: Any, is_real: bool, taken: int) -> None:
            if is_real:
                self._name_rows(case)
                _mix(case, example, taken)
            self._send(case, CHECKS)

        def send_bad(case: Any, is_real: bool, taken: int) -> None:
            checks = [*CHECKS, negative_data_rejection]
            if is_real:
                self._name_rows(case, only_path=True)
                checks = CHECKS
            self._send(case, checks)

        self._run(send, operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        with suppress(Unsatisfiable):
            # Nothing can be wrong in a request without parameters and body.
            self._run(send_bad, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    def _send(self, case: Any, checks: list[CheckFunction]) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = case.call(base_url=self.url, headers=headers, timeout=30)
        self.seen[answer.status_code] += 1
        if answer.status_code == 413:
            # A refusal, which schemathesis does not take for one.
            checks = CHECKS
        case.validate_response(answer, checks=checks)

    def _run(self, send: Callable[..., None], cases: Any) -> None:
        chosen = settings(
            max_examples=self.examples,
            derandomize=self.derandomize,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        taken = st.integers(0, 2**16)
        chosen(given(case=cases, is_real=st.booleans(), taken=taken)(send))()

    def _name_rows(self, case: Any, *, only_path: bool = False) -> None:
        """Name rows that are there: chance alone never would."""
        for name in case.path_parameters or {}:
            case.path_parameters[name] = self.rows.get(name, case.path_parameters[name])
        for part in () if only_path else (case.query, case.body):
            if isinstance(part, dict):
                self._name_fields(part)

    def _name_fields(self, part: dict[str, Any]) -> None:
        for name, variable in NAMED.items():
            if isinstance(part.get(name), str):
                part[name] = self.rows[variable]


def described(spec: dict[str, Any]) -> Any:
    """The description without its keys, which the explorer always shows."""
    known = copy.deepcopy(spec)
    known.pop("security", None)
    known["components"].pop("securitySchemes", None)
    return schemathesis.openapi.from_dict(known)


def operations_of(schema: Any, resource: str) -> Iterator[Any]:
    found = [result.ok() for result in schema.get_all_operations()]
    own = [each for each in found if each.path.split("/")[3] == resource]
    yield from sorted(own, key=lambda each: METHODS.index(each.method))


def _example_of(operation: Any) -> Any:
    content = operation.definition.raw.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("example")


def _mix(case: Any, example: Any, taken: int) -> None:
    """Put some of the made fields into the description's example, so that more is accepted."""
    if not isinstance(example, dict) or not isinstance(case.body, dict):
        return
    made = [item for at, item in enumerate(case.body.items()) if taken >> at & 1]
    kept = {name: value for name, value in case.body.items() if name in NAMED}
    case.body = {**copy.deepcopy(example), **dict(made), **kept}
