"""The sandbox's home page: the tour, and the three places side by side."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.phone.holder import holder
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


@blueprint.get("/phone")
def phone() -> ResponseReturnValue:
    """Lead to the phone of whoever holds it."""
    return redirect(url_for("line_phone.phone", person=holder() or "alice"))


@blueprint.get("/tour")
def tour() -> ResponseReturnValue:
    return render_template("tour.html", steps=_steps(), target=world().config.target)
