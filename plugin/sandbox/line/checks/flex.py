"""Flex messages: bubbles, boxes and their contents. Complaints have JSON pointers."""

import json
from typing import Any

from plugin.sandbox.line.checks import rules
from plugin.sandbox.line.checks.actions import check_action
from plugin.sandbox.line.checks.rules import Problems

Component = dict[str, Any]
BUBBLE_BYTES, CAROUSEL_BYTES, BUBBLES = 30_000, 50_000, 12
BLOCKS = ("header", "hero", "body", "footer")
BUBBLE_SIZES = ("nano", "micro", "deca", "hecto", "kilo", "mega", "giga")
LAYOUTS = ("horizontal", "vertical", "baseline")
COMPONENTS = ("box", "button", "image", "icon", "text", "span", "separator", "filler", "video")


def check_flex(contents: Any) -> Problems:
    """Return LINE's complaints about the `contents` of a flex message."""
    problems = Problems()
    kind = contents.get("type") if isinstance(contents, dict) else None
    if kind == "bubble":
        _bubble(contents, "", problems)
    elif kind == "carousel":
        _carousel(contents, problems)
    else:
        problems.add("invalid property", "/type" if isinstance(contents, dict) else "/")
    return problems


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _carousel(carousel: Component, problems: Problems) -> None:
    bubbles = carousel.get("contents")
    if not isinstance(bubbles, list) or not 1 <= len(bubbles) <= BUBBLES:
        problems.add(f"size must be between 1 and {BUBBLES}", "/contents")
        return
    if _size(carousel) > CAROUSEL_BYTES:
        problems.add("carousel is too large", "/")
    # A bubble without a size is a mega one.
    sizes = {bubble.get("size", "mega") for bubble in bubbles if isinstance(bubble, dict)}
    if len(sizes) > 1:
        problems.add("bubbles must be of equal size", "/contents")
    for place, bubble in enumerate(bubbles):
        _bubble(bubble, f"/contents/{place}", problems)


def _bubble(bubble: Any, path: str, problems: Problems) -> None:
    if not isinstance(bubble, dict) or bubble.get("type") != "bubble":
        problems.add("invalid property", f"{path}/type")
        return
    if _size(bubble) > BUBBLE_BYTES:
        problems.add("bubble is too large", path or "/")
    if bubble.get("size", "mega") not in BUBBLE_SIZES:
        problems.add("invalid property", f"{path}/size")
    for block in BLOCKS:
        if block in bubble:
            _block(bubble[block], block, f"{path}/{block}", problems)
    _tap(bubble, path, problems)


def _block(value: Any, block: str, path: str, problems: Problems) -> None:
    # Only the hero may be something else than a box.
    allowed = ("box", "image", "video") if block == "hero" else ("box",)
    if not isinstance(value, dict) or value.get("type") not in allowed:
        problems.add("invalid property", f"{path}/type")
        return
    _component(value, path, problems)


def _component(value: Any, path: str, problems: Problems) -> None:
    if not isinstance(value, dict) or value.get("type") not in COMPONENTS:
        problems.add("invalid property", path)
        return
    check = {
        "box": _box,
        "text": _text,
        "button": _button,
        "image": _pictured,
        "icon": _pictured,
        "video": _video,
    }.get(value["type"])
    if check:
        check(value, path, problems)


def _box(box: Component, path: str, problems: Problems) -> None:
    if box.get("layout") not in LAYOUTS:
        problems.add("must be specified", f"{path}/layout")
    contents = box.get("contents")
    if not isinstance(contents, list):
        problems.add("must be specified", f"{path}/contents")
        return
    for place, child in enumerate(contents):
        where = f"{path}/contents/{place}"
        if (
            isinstance(child, dict)
            and child.get("type") == "icon"
            and box.get("layout") != "baseline"
        ):
            problems.add("invalid property", where)
        _component(child, where, problems)
    _tap(box, path, problems)


def _text(component: Component, path: str, problems: Problems) -> None:
    spans = component.get("contents")
    if spans is None and not component.get("text"):
        problems.add("must be specified", f"{path}/text")
    elif "text" in component and not isinstance(component["text"], str):
        problems.add("invalid property", f"{path}/text")
    for place, span in enumerate(spans if isinstance(spans, list) else []):
        if not isinstance(span, dict) or span.get("type") != "span":
            problems.add("invalid property", f"{path}/contents/{place}")
    _tap(component, path, problems)


def _button(component: Component, path: str, problems: Problems) -> None:
    if "action" not in component:
        problems.add("must be specified", f"{path}/action")
    _tap(component, path, problems, labelled=True)


def _pictured(component: Component, path: str, problems: Problems) -> None:
    url = component.get("url")
    if not url:
        problems.add("must be specified", f"{path}/url")
    elif not isinstance(url, str) or not rules.web_address(url):
        problems.add("invalid uri scheme", f"{path}/url")
    _tap(component, path, problems)


def _video(component: Component, path: str, problems: Problems) -> None:
    for name in ("url", "previewUrl"):
        if not rules.web_address(str(component.get(name, ""))):
            problems.add("invalid uri scheme", f"{path}/{name}")
    if "altContent" not in component:
        problems.add("must be specified", f"{path}/altContent")


def _tap(component: Component, path: str, problems: Problems, labelled: bool = False) -> None:
    if "action" not in component:
        return
    action_problems = Problems()
    check_action(component["action"], "action", action_problems, label=40, labelled=labelled)
    for problem in action_problems:
        problems.add(problem["message"], f"{path}/{problem['property'].replace('.', '/')}")
