"""The sandbox's home page: the tour, and the three places side by side."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from plugin.sandbox.store import Value
from plugin.sandbox.tour import STEPS
from plugin.sandbox.world import world

blueprint = Blueprint("pages", __name__)


def _steps() -> list[Value]:
    return [
        {
            "name": step.name,
            "title": step.title,
            "hint": step.hint,
            "place": step.place,
            "done": step.done(world()),
        }
        for step in STEPS
    ]


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Each action on the left shows on the right within a second."""
    return render_template("home.html", steps=_steps(), target=world().config.target)


@blueprint.get("/tour")
def tour() -> ResponseReturnValue:
    return render_template("tour.html", steps=_steps(), target=world().config.target)
