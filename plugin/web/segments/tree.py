"""The builder's form as a tree of groups and conditions, and the actions of its buttons."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import field as attribute

from werkzeug.datastructures import MultiDict

from plugin.core.segments.reading import DEEPEST, MOST_CONDITIONS

GROUPS = ("all", "any", "none")
# `rule.0.2.value`: the position in each group in turn, then what the field holds.
NAME = re.compile(r"rule((?:\.[0-9]{1,3}){0,9})\.(kind|field|op|value|until|days)")
# A path in a button: `0.2`; "" is the root.
PATH = re.compile(r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){0,9})?")

CONTROLS = ("field", "op", "value", "days")

Path = tuple[int, ...]


@dataclass
class Node:
    """A group with its parts, or a condition (`kind` is "") with what its controls hold."""

    kind: str = ""
    parts: "list[Node]" = attribute(default_factory=list)
    field: str = ""
    op: str = ""
    values: list[str] = attribute(default_factory=list)
    until: str = ""
    days: str = ""
    # Faults by the control they belong to: "field", "op", "value", or "" for a group.
    faults: dict[str, list[str]] = attribute(default_factory=dict)

    @property
    def all_faults(self) -> list[str]:
        return [words for faults in self.faults.values() for words in faults]

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def lines(self) -> str:
        return "\n".join(self.values)


def tree_of(form: "MultiDict[str, str]") -> Node:
    """Read the form. Children keep the order of their numbers; gaps between these close."""
    nodes: dict[Path, Node] = {(): Node("all")}
    for name in form:
        match = NAME.fullmatch(name)
        if match:
            path = _path(match[1].removeprefix("."))
            _fill(nodes.setdefault(path, Node()), match[2], form.getlist(name))
    for path in sorted(nodes, key=lambda each: (len(each), each)):
        parent = nodes.get(path[:-1]) if path else None
        if parent is not None and parent.kind:
            parent.parts.append(nodes[path])
    root = nodes[()]
    return root if root.kind else Node("all")


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    yield path, node
    for number, part in enumerate(node.parts):
        yield from walk(part, (*path, number))


def at(root: Node, path: Path) -> Node | None:
    """Return the node at a path, or None where there is none."""
    for number in path:
        if number >= len(root.parts):
            return None
        root = root.parts[number]
    return root


def dotted(path: Path) -> str:
    return ".".join(map(str, path))


def apply_action(root: Node, action: str, new: Callable[[str], Node | None]) -> Path | None:
    """Apply the action of a button: `add:0.1:friend.tag`, `group:0`, `remove:0.1`, `up:0.1`,
    `down:0.1`. `new` makes the condition of a field. Return where the focus goes."""
    name, _, rest = action.partition(":")
    text, _, argument = rest.partition(":")
    if name not in ACTIONS or not PATH.fullmatch(text):
        return None
    path = _path(text)
    node = at(root, path)
    if node is None:
        return None
    if name == "add":
        return _add(root, path, new(argument))
    return ACTIONS[name](root, path)


def _add(root: Node, path: Path, part: Node | None) -> Path | None:
    group = at(root, path)
    conditions = sum(not node.kind for _, node in walk(root))
    if group is None or not group.kind or part is None:
        return None
    if len(path) + bool(part.kind) >= DEEPEST or conditions >= MOST_CONDITIONS:
        return path
    group.parts.append(part)
    return (*path, len(group.parts) - 1)


def _group(root: Node, path: Path) -> Path | None:
    return _add(root, path, Node("any"))


def _remove(root: Node, path: Path) -> Path | None:
    group = at(root, path[:-1])
    if not path or group is None:
        return None
    del group.parts[path[-1]]
    left = min(path[-1], len(group.parts) - 1)
    return (*path[:-1], left) if left >= 0 else path[:-1]


def _up(root: Node, path: Path) -> Path | None:
    # In the order of reading: into the group before, or out of the own group at its beginning.
    return _move(root, path, -1)


def _down(root: Node, path: Path) -> Path | None:
    return _move(root, path, 1)


def _move(root: Node, path: Path, step: int) -> Path | None:
    group, place = at(root, path[:-1]), path[-1] + step if path else 0
    if not path or group is None:
        return None
    if 0 <= place < len(group.parts):
        return _beside(group, path, place, step)
    outer = at(root, path[:-2]) if len(path) > 1 else None
    if outer is None:
        return path
    outer.parts.insert(path[-2] + (step > 0), group.parts.pop(path[-1]))
    return (*path[:-2], path[-2] + (step > 0))


def _beside(group: Node, path: Path, place: int, step: int) -> Path:
    node, neighbour = group.parts[path[-1]], group.parts[place]
    if neighbour.kind and len(path) + _depth(node) < DEEPEST:
        del group.parts[path[-1]]
        entry = 0 if step > 0 else len(neighbour.parts)
        neighbour.parts.insert(entry, node)
        return (*path[:-1], place - (step > 0), entry)
    group.parts[path[-1]], group.parts[place] = neighbour, node
    return (*path[:-1], place)


def _depth(node: Node) -> int:
    return max(len(path) + bool(part.kind) for path, part in walk(node))


ACTIONS: dict[str, Callable[[Node, Path], Path | None]] = {
    "add": lambda root, path: None,
    "group": _group,
    "remove": _remove,
    "up": _up,
    "down": _down,
}


def _path(text: str) -> Path:
    return tuple(map(int, text.split("."))) if text else ()


def _fill(node: Node, name: str, values: list[str]) -> None:
    if name == "value":
        node.values = values
    elif name == "kind":
        node.kind = values[0] if values[0] in GROUPS else ""
    else:
        setattr(node, name, values[0])


def fault_at(root: Node, path: str) -> tuple[Node, str]:
    """Return the node that a rule's fault is about (`all.0.any.2.value`), and its control."""
    node, control = root, ""
    for step in path.split("."):
        inner = at(node, (int(step),)) if step.isdecimal() and not control else None
        node = inner or node
        control = step if step in CONTROLS else control
    return node, {"days": "value"}.get(control, control)
