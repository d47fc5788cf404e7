"""What the README promises to HubSpot's users is what HubSpot is told."""

import json
import re

from plugin.core.properties import PROPERTIES
from tests.house.project import read

README = read("README.md")


def test_every_contact_property_is_named() -> None:
    named = set(re.findall(r"`(line_[a-z_]+)`", README.split("**Contact properties**")[1]))
    assert named >= {one.name for one in PROPERTIES}


def words(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def test_every_action_is_named_with_its_results() -> None:
    rows = {
        row.split("|")[1].strip(): row.split("|")[2:] for row in README.splitlines() if "|" in row
    }
    for action in json.loads(read("hubspot-app.json"))["workflowActions"]:
        results, outputs, _ = rows[action["labels"]["en"]["actionName"]]
        fields = {one["name"]: one.get("options", []) for one in action["outputFields"]}
        values = {one if isinstance(one, str) else one["value"] for one in fields["result"]}
        assert words(results) == values
        assert words(outputs) == set(fields) - {"result", "error"}
