"""What is installed is written down exactly, and is what the user asked for."""

import tomllib
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.project import read

ASKED_FOR = {
    "apscheduler",
    "flask",
    "flask-sqlalchemy",
    "freezegun",
    "hubspot-api-client",
    "jinja2",
    "line-bot-sdk",
    "pytest",
}


def requirements(text: str) -> dict[str, Requirement]:
    lines = [line.split(" #")[0].strip() for line in text.splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(each.name): each for each in found}


RUNTIME = requirements(read("requirements.txt"))
GROUPS = tomllib.loads(read("pyproject.toml"))["dependency-groups"]
DEVELOPMENT = requirements("\n".join(line for group in GROUPS.values() for line in group))


@pytest.mark.parametrize("pinned", [RUNTIME, DEVELOPMENT], ids=["runtime", "development"])
def test_every_package_is_pinned_to_one_version(pinned: dict[str, Requirement]) -> None:
    for each in pinned.values():
        assert [(s.operator, "*" in s.version) for s in each.specifier] == [("==", False)], each


def test_the_packages_the_user_asked_for_are_there() -> None:
    assert set(RUNTIME) >= ASKED_FOR


def test_nothing_is_named_twice() -> None:
    assert not RUNTIME.keys() & DEVELOPMENT.keys()


def test_packages_asked_for_by_name_give_their_reason() -> None:
    asked, _ = read("requirements.txt").split("# What they bring")
    assert all(" # " in line for line in asked.splitlines() if "==" in line)


def test_what_a_runtime_package_brings_is_pinned_too() -> None:
    here = [each for each in RUNTIME.values() if each.marker is None or each.marker.evaluate()]
    brought = {canonicalize_name(need.name) for each in here for need in brings(each)}
    assert brought <= RUNTIME.keys()


def brings(asked: Requirement) -> list[Requirement]:
    """What an installed package needs here, with the extras it was asked for with."""
    needs = [Requirement(line) for line in distribution(asked.name).requires or []]
    extras = ("", *asked.extras)
    return [
        need
        for need in needs
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras)
    ]
