"""What a newer description of the API breaks for programs that were written by an older one."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]
METHODS = ("get", "put", "patch", "post", "delete")
# Limits of requests, and whether a smaller or a greater number takes less than before.
NARROWER_BELOW = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
NARROWER_ABOVE = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
# Nothing has fewer than none of these.
COUNTS = ("minLength", "minItems", "minProperties")


class Side(NamedTuple):
    """One description; a schema of it is followed to what it refers to."""

    spec: Schema

    def operations(self) -> dict[str, tuple[Schema, list[Schema]]]:
        """By `GET /path`: the operation, and its parameters with those of its path."""
        return {
            f"{method.upper()} {path}": (item[method], self._parameters(item, item[method]))
            for path, item in self.spec["paths"].items()
            for method in METHODS
            if method in item
        }

    def _parameters(self, item: Schema, operation: Schema) -> list[Schema]:
        listed = [*item.get("parameters", ()), *operation.get("parameters", ())]
        return [self.followed(each) for each in listed]

    def followed(self, schema: Schema) -> Schema:
        """What `$ref` and a nullable `anyOf` stand for, with `null` among the types."""
        if "$ref" in schema:
            kind, name = schema["$ref"].split("/")[-2:]
            return self.followed(self.spec["components"][kind][name])
        for word in ("anyOf", "oneOf", "allOf"):
            parts = [part for part in schema.get(word, ()) if part != {"type": "null"}]
            if len(parts) == 1:
                found = self.followed(parts[0])
                null = ["null"] if len(parts) < len(schema[word]) else []
                return {**found, "type": [*types_of(found), *null]}
        return schema


class Pair(NamedTuple):
    """The same place in both descriptions. `asked`: in a request, else in an answer."""

    place: str
    old: Schema
    new: Schema
    asked: bool


def types_of(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def broken_promises(old: Schema, new: Schema) -> list[str]:
    """Return a sentence for each place that programs cannot rely on any more."""
    before, after = Side(old), Side(new)
    now = after.operations()
    found: list[str] = []
    for name, (operation, parameters) in before.operations().items():
        if name not in now:
            found.append(f"{name}: the operation is gone")
            continue
        found += _of_operation(before, after, name, operation, now[name][0])
        found += _of_parameters(before, after, name, parameters, now[name][1])
    return found


def _of_operation(before: Side, after: Side, name: str, old: Schema, new: Schema) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"{name}: its name {old['operationId']} is gone"
    bodies = old.get("requestBody"), new.get("requestBody")
    if bodies[1] and bodies[1].get("required") and not (bodies[0] or {}).get("required"):
        yield f"{name}: it needs a body now"
    if bodies[0]:
        yield from _of_contents(before, after, f"{name} body", bodies[0], bodies[1] or {}, True)
    for status, answer in old["responses"].items():
        if status not in new["responses"]:
            yield f"{name}: the answer {status} is gone"
            continue
        pair = before.followed(answer), after.followed(new["responses"][status])
        yield from _of_contents(before, after, f"{name} {status}", *pair, False)


def _of_contents(
    before: Side, after: Side, place: str, old: Schema, new: Schema, asked: bool
) -> Iterator[str]:
    for kind, media in old.get("content", {}).items():
        if kind not in new.get("content", {}):
            yield f"{place}: {kind} is gone"
        elif "schema" in media:
            pair = Pair(place, media["schema"], new["content"][kind].get("schema", {}), asked)
            yield from _of_schemas(before, after, pair, ())


def _of_parameters(
    before: Side, after: Side, name: str, old: list[Schema], new: list[Schema]
) -> Iterator[str]:
    known = {(each["in"], each["name"]): each for each in old}
    now = {(each["in"], each["name"]): each for each in new}
    for key, parameter in known.items():
        place = f"{name} {key[0]} {key[1]}"
        if key not in now:
            yield f"{place}: the parameter is gone"
        else:
            pair = Pair(place, parameter.get("schema", {}), now[key].get("schema", {}), True)
            yield from _of_schemas(before, after, pair, ())
    for key, parameter in now.items():
        if parameter.get("required") and not known.get(key, {}).get("required"):
            yield f"{name} {key[0]} {key[1]}: it is needed now"


def _of_schemas(before: Side, after: Side, pair: Pair, above: tuple[str, ...]) -> Iterator[str]:
    reference = str(pair.old.get("$ref", ""))
    if reference and reference in above:
        # A schema within itself was compared already.
        return
    above = (*above, reference)
    old, new = before.followed(pair.old), after.followed(pair.new)
    pair = pair._replace(old=old, new=new)
    yield from _of_values(pair)
    yield from _of_fields(pair)
    for name, schema in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            inner = Pair(f"{pair.place}.{name}", schema, new["properties"][name], pair.asked)
            yield from _of_schemas(before, after, inner, above)
    if isinstance(old.get("items"), Mapping):
        inner = Pair(f"{pair.place}[]", old["items"], new.get("items", {}), pair.asked)
        yield from _of_schemas(before, after, inner, above)


def _of_values(pair: Pair) -> Iterator[str]:
    old, new = set(types_of(pair.old)), set(types_of(pair.new))
    narrower = pair.asked and new and not (old and old <= new)
    wider = not pair.asked and old and not (new and new <= old)
    if narrower or wider:
        yield f"{pair.place}: the type was {_list(old)} and is {_list(new)}"
    if "enum" in pair.new and (gone := set(pair.old.get("enum", ())) - set(pair.new["enum"])):
        yield f"{pair.place}: {_list(gone)} is no value any more"
    if pair.asked:
        yield from _of_limits(pair)


def _of_limits(pair: Pair) -> Iterator[str]:
    """What a request may say is less than before. An answer may say more: programs are told that
    values are added."""
    if "enum" in pair.new and "enum" not in pair.old:
        yield f"{pair.place}: it was free and is one of {_list(set(pair.new['enum']))}"
    if pair.new.get("pattern", pair.old.get("pattern")) != pair.old.get("pattern"):
        yield f"{pair.place}: its pattern is {pair.new['pattern']} now"
    if _takes_more(pair.old) and not _takes_more(pair.new):
        yield f"{pair.place}: it takes no other fields now"
    for names, sign in ((NARROWER_BELOW, 1), (NARROWER_ABOVE, -1)):
        for name in names:
            new = pair.new.get(name)
            least = 0 if name in COUNTS else sign * float("inf")
            old = pair.old.get(name, least)
            if new is not None and sign * new < sign * old:
                yield f"{pair.place}: {name} is {new} now"


def _takes_more(schema: Schema) -> bool:
    return schema.get("additionalProperties") is not False


def _of_fields(pair: Pair) -> Iterator[str]:
    old, new = pair.old.get("properties", {}), pair.new.get("properties", {})
    for name in old.keys() - new.keys():
        yield f"{pair.place}.{name}: the field is gone"
    needed = set(pair.old.get("required", ())), set(pair.new.get("required", ()))
    if pair.asked:
        yield from (f"{pair.place}.{name}: it is needed now" for name in needed[1] - needed[0])
    else:
        yield from (
            f"{pair.place}.{name}: it may be missing now"
            for name in (needed[0] - needed[1]) & new.keys()
        )


def _list(words: set[Any]) -> str:
    return ", ".join(sorted(map(str, words))) or "anything"
