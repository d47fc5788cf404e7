"""Compiles a segment's rule to one SQL condition on friends.

Conditions about the contact that stand together in a group are asked in one subquery, so that the
database can begin with the most selective of them.
"""

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from plugin.core.segments.rule import Condition, Group, Rule
from plugin.models.audience.contact_values import ContactValues
from plugin.models.audience.of_contact import of_contact
from plugin.models.audience.of_friend import OF_FRIEND
from plugin.models.audience.scope import Scope, found_by
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage


def members(rule: Rule, scope: Scope) -> Select[tuple[int]]:
    """Select the ids of the account's friends whom the rule chooses."""
    chosen = condition_of(rule, scope)
    return select(Friend.id).where(Friend.official_account_id == scope.account_id, chosen)


def condition_of(rule: Rule, scope: Scope) -> ColumnElement[bool]:
    """Return the condition on `Friend`; the account has to be asked for beside it."""
    return _about_friend(_inlined(rule, scope), scope)


def _about_friend(rule: Rule, scope: Scope) -> ColumnElement[bool]:
    if _is_of_contact(rule):
        return _by_contact(rule, scope)
    if isinstance(rule, Condition):
        return _signed(rule, OF_FRIEND[rule.field.name](rule, scope))
    about_contact = tuple(inner for inner in rule.rules if _is_of_contact(inner))
    others = [inner for inner in rule.rules if not _is_of_contact(inner)]
    parts = [_about_friend(inner, scope) for inner in others]
    if about_contact:
        kind = "all" if rule.kind == "all" else "any"
        parts.append(_by_contact(Group(kind, about_contact), scope))
    return _joined(rule.kind, parts)


def _inlined(rule: Rule, scope: Scope) -> Rule:
    """Put the rules of segments in the place of the conditions that name them."""
    if isinstance(rule, Group):
        return Group(rule.kind, tuple(_inlined(inner, scope) for inner in rule.rules))
    if rule.field.type != "segment":
        return rule
    named = tuple(_inlined(scope.segments[int(id_)], scope) for id_ in rule.values)  # type: ignore[arg-type]
    return Group("none" if rule.negated else "any", named)


def _is_of_contact(rule: Rule) -> bool:
    if isinstance(rule, Condition):
        return rule.field.is_of_contact
    return bool(rule.rules) and all(map(_is_of_contact, rule.rules))


def _by_contact(rule: Rule, scope: Scope) -> ColumnElement[bool]:
    """Ask what is known of the linked contact. A friend without one has no value in any field."""
    if _holds_without_values(rule):
        # The opposite names fewer people, and an index may find them.
        return not_(_by_contact(Group("none", (rule,)), scope))
    values = ContactValues.contact_row_id == Linkage.contact_row_id
    rows = select(Linkage.friend_id).where(Linkage.official_account_id == scope.account_id)
    if _needs_values(rule):
        rows = rows.join(ContactValues, values)
        rows = rows.where(ContactValues.installation_id == scope.installation_id)
    else:
        rows = rows.outerjoin(ContactValues, values)
    key = Linkage.__table__.c.friend_id
    rows = rows.where(_about_linkage(rule, scope))
    found: ColumnElement[bool] = found_by(Friend.__table__.c.id, rows, key, scope)
    return found


def _about_linkage(rule: Rule, scope: Scope) -> ColumnElement[bool]:
    if isinstance(rule, Condition):
        return _signed(rule, of_contact(rule, scope))
    return _joined(rule.kind, [_about_linkage(inner, scope) for inner in rule.rules])


def _opposite(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # Only here a missing value has to count as false. Elsewhere it would hide an index.
    return not_(func.coalesce(condition, false()))


def _holds_without_values(rule: Rule) -> bool:
    """Return whether the rule chooses friends who are linked to no contact."""
    if isinstance(rule, Condition):
        is_false = rule.field.type == "flag" and not rule.values[0]
        return rule.negated != is_false
    holding = [_holds_without_values(inner) for inner in rule.rules]
    return all(holding) if rule.kind == "all" else any(holding) == (rule.kind == "any")


def _needs_values(rule: Rule) -> bool:
    """Return whether the rule chooses nobody without a property's value."""
    if isinstance(rule, Condition):
        return bool(rule.field.property_name) and not rule.negated
    needing = [_needs_values(inner) for inner in rule.rules]
    if rule.kind == "none":
        return False
    return any(needing) if rule.kind == "all" else all(needing)


def _joined(kind: str, parts: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    if kind == "all":
        return and_(true(), *parts)
    together = or_(false(), *parts)
    return together if kind == "any" else _opposite(together)


def _signed(condition: Condition, positive: ColumnElement[bool]) -> ColumnElement[bool]:
    return _opposite(positive) if condition.negated else positive
