"""The builder as its template draws it, and as its form sends it back."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cached_property
from typing import Any

from flask import request
from flask_babel import gettext as _

from plugin.core.segments.reading import DEEPEST, MOST_CONDITIONS
from plugin.core.segments.rule import RuleFault
from plugin.models.connections.official_account import OfficialAccount
from plugin.web.segments import words
from plugin.web.segments.controls import Control, MenuSection, control_of, menu, sync_url
from plugin.web.segments.names import Names
from plugin.web.segments.rules import in_place, new_condition, node_of, note_faults, rule_of, settle
from plugin.web.segments.sentences import sentence_of
from plugin.web.segments.tree import Node, apply_action, dotted, tree_of, walk

# A control was changed that other controls depend on: `look:rule.0.2.op`.
LOOK = "look:rule."


class Builder:
    """A rule being edited. `segment_id`: the segment that it belongs to, which it cannot name.

    `focus`: the path of the part where the keyboard goes on.
    """

    most = MOST_CONDITIONS
    kinds: Mapping[str, object] = words.KINDS
    joints: Mapping[str, object] = words.JOINTS

    def __init__(
        self, account: OfficialAccount, root: Node, segment_id: int | None = None, focus: str = ""
    ) -> None:
        self.account, self.root, self.segment_id = account, root, segment_id
        self.focus = focus
        mentioned = [{"field": node.field, "value": node.values} for _place, node in walk(root)]
        self.names = Names(account, {"all": mentioned})
        self.names.hidden_segment = segment_id

    @property
    def rule(self) -> dict[str, Any]:
        return rule_of(self.root, self.names)

    @property
    def meaning(self) -> str:
        return sentence_of(self.rule, self.names)

    @cached_property
    def menu(self) -> list[MenuSection]:
        return menu(self.names)

    @property
    def sync_url(self) -> str:
        return sync_url()

    @property
    def has_room(self) -> bool:
        return sum(not node.kind for _, node in walk(self.root)) < MOST_CONDITIONS

    def control(self, node: Node) -> Control:
        return control_of(node, self.names)

    def may_nest(self, path: str) -> bool:
        depth = path.count(".") + 1 if path else 0
        return depth + 1 < DEEPEST

    def settle(self) -> None:
        """Fit the values to an operator that was changed."""
        for place, node in walk(self.root):
            if dotted(place) == self.focus and not node.kind:
                settle(node, self.names)

    def note_faults(self, faults: Sequence[RuleFault]) -> list[str]:
        """Show each fault at its place; return those about the whole rule."""
        whole = note_faults(self.root, faults)
        for _place, node in walk(self.root):
            # Where values are ticked, nobody is asked to write one.
            if "value" in node.faults and not node.values and self.control(node).is_ticked:
                node.faults["value"] = [_("Choose at least one.")]
        return whole

    def all_faults(self, faults: Sequence[RuleFault]) -> list[str]:
        """Return each fault with the name of the condition that it is about."""
        # The builder itself marks nothing before somebody saves.
        shown = Builder(self.account, deepcopy(self.root))
        said = shown.note_faults(faults)
        for _place, node in walk(shown.root):
            label = self.names.label(node.field) if node.field else ""
            said += [in_place(label, words) for words in node.all_faults]
        return said


def stored_builder(account: OfficialAccount, rule: Any, segment_id: int | None = None) -> Builder:
    return Builder(account, node_of(rule), segment_id)


def submitted_builder(account: OfficialAccount, segment_id: int | None = None) -> Builder:
    """Return the submitted builder, after the action of the button that was pressed."""
    root, act = tree_of(request.form), request.form.get("act", "")
    builder = Builder(account, root, segment_id)
    path = apply_action(root, act, lambda name: new_condition(name, builder.names))
    if path is not None:
        builder.focus = dotted(path)
    elif act.startswith(LOOK):
        builder.focus = act.removeprefix(LOOK).rpartition(".")[0]
        builder.settle()
    return builder
