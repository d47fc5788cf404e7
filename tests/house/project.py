"""The project's own files, as the house tests read them."""

import os
from pathlib import Path

from pathspec import GitIgnoreSpec

ROOT = Path(__file__).resolve().parents[2]


def files() -> list[str]:
    """Every file that belongs to the project, from its root, with slashes: what git would keep."""
    ignored = GitIgnoreSpec.from_lines(read(".gitignore").splitlines())
    found: list[str] = []
    for folder, folders, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [
            name
            for name in folders
            if name != ".git" and not ignored.match_file(f"{(here / name).as_posix()}/")
        ]
        paths = [(here / name).as_posix() for name in names]
        found += [path for path in paths if path != ".git" and not ignored.match_file(path)]
    return sorted(found)


def read(path: str) -> str:
    """The text of one of the project's files."""
    return (ROOT / path).read_text(encoding="utf-8")


def sources() -> list[str]:
    """The Python that Musubi runs on, without the migrations that a tool writes."""
    return [
        path
        for path in files()
        if path == "app.py"
        or (
            path.startswith("plugin/")
            and path.endswith(".py")
            and not path.startswith("plugin/migrations/")
        )
    ]
