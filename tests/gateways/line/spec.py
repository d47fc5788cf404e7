"""LINE's own OpenAPI files as a judge of what we send.

Taken plainly they let almost anything pass: messages are told apart by `discriminator`, which no
validator follows, and nothing forbids unknown fields. Both are made strict here.
"""

import copy
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft4Validator, ValidationError, validators

from tests.gateways.scripted_server import Seen

FOLDER = Path(__file__).parents[4] / "shared" / "specs" / "line"
FILES = ("messaging-api.yml", "channel-access-token.yml", "insight.yml")
SCHEMAS = "#/components/schemas/"
_BASE = "__base"
_METHODS = ("get", "post", "put", "delete")


class Spec:
    """One file: finds the operation of a request and says what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self._document = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._schemas = _strict(self._document["components"]["schemas"])

    def problems(self, seen: Seen) -> list[str] | None:
        """None where this file does not know the path."""
        operation = self._operation(seen)
        if operation is None:
            return None
        return [*self._parameter_problems(operation, seen), *self._body_problems(operation, seen)]

    def schema_problems(self, name: str, value: Any) -> list[str]:
        return self._check({"$ref": SCHEMAS + name}, value)

    def _operation(self, seen: Seen) -> dict[str, Any] | None:
        for template, item in self._document["paths"].items():
            pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
            if re.fullmatch(pattern, seen.path) and seen.method.lower() in item:
                operation: dict[str, Any] = item[seen.method.lower()]
                return operation
        return None

    def _parameter_problems(self, operation: dict[str, Any], seen: Seen) -> Iterator[str]:
        parameters = operation.get("parameters", [])
        queries = {one["name"]: one for one in parameters if one["in"] == "query"}
        headers = {one["name"].lower(): one for one in parameters if one["in"] == "header"}
        for name in seen.query.keys() - queries.keys():
            yield f"unknown query parameter {name}"
        for name, one in queries.items():
            if one.get("required") and name not in seen.query:
                yield f"missing query parameter {name}"
        key = seen.headers.get("x-line-retry-key")
        if key is not None and "x-line-retry-key" not in headers:
            yield "a retry key where none is taken"
        if key is not None and str(uuid.UUID(key)) != key:
            yield "the retry key is no UUID"

    def _body_problems(self, operation: dict[str, Any], seen: Seen) -> list[str]:
        if "requestBody" not in operation:
            return [f"a body where none is taken: {seen.body!r}"] if seen.body else []
        kind = seen.headers.get("content-type", "")
        content = operation["requestBody"]["content"]
        if kind not in content:
            return [f"content type {kind!r} instead of {list(content)}"]
        value = seen.json() if "json" in kind else seen.form
        return self._check(content[kind]["schema"], value)

    def _check(self, schema: dict[str, Any], value: Any) -> list[str]:
        whole = {"allOf": [schema], "components": {"schemas": self._schemas}}
        return [
            f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
            for error in _Validator(whole).iter_errors(value)
        ]


def _strict(schemas: dict[str, Any]) -> dict[str, Any]:
    """Split each polymorphic schema into its own fields and a choice; list the known fields."""
    strict = copy.deepcopy(schemas)
    polymorphic = [name for name, schema in schemas.items() if "discriminator" in schema]
    for name in polymorphic:
        choice = strict[name].pop("discriminator")
        strict[name + _BASE] = strict[name]
        strict[name] = {"x-choice": choice}
    for name, schema in strict.items():
        for part in schema.get("allOf", []):
            if part.get("$ref", "").removeprefix(SCHEMAS) in polymorphic:
                part["$ref"] += _BASE
        if not name.endswith(_BASE) and ("properties" in schema or "allOf" in schema):
            schema["x-known"] = sorted(_fields(schema, schemas))
    return strict


def _fields(schema: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    fields = set(schema.get("properties", ()))
    for part in schema.get("allOf", []):
        name = part.get("$ref", "").removeprefix(SCHEMAS).removesuffix(_BASE)
        fields |= _fields(schemas[name] if name else part, schemas)
    return fields


def _choose(
    validator: Any, choice: dict[str, Any], instance: Any, _: Any
) -> Iterator[ValidationError]:
    named = instance.get(choice["propertyName"]) if isinstance(instance, dict) else None
    target = choice["mapping"].get(named)
    if target is None:
        yield ValidationError(f"{named!r} is none of {list(choice['mapping'])}")
    else:
        yield from validator.descend(instance, {"$ref": target})


def _know(_: Any, known: list[str], instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in instance.keys() - set(known):
            yield ValidationError(f"unknown field {name}")


_Validator: Any = validators.extend(Draft4Validator, {"x-choice": _choose, "x-known": _know})
