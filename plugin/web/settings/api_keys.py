"""Settings > API keys: for programs, and for agents that draft."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.guards import get_deps
from plugin.models.connections.api_key import ApiKey
from plugin.services.system.api_keys import (
    AGENT,
    LONGEST_NAME,
    ROLES,
    create_api_key,
    revoke_api_key,
)
from plugin.web.layout import page
from plugin.web.once import was_sent
from plugin.web.session import person, tenant
from plugin.web.settings.blueprint import blueprint

Page = str | Response | tuple[str, int]


@blueprint.route("/settings/keys", methods=["GET", "POST"])
def keys() -> Page:
    """List the keys; a new one is shown this once."""
    if request.method == "GET":
        return _shown()
    name = " ".join(request.form.get("name", "").split())
    role = request.form.get("role", "")
    errors = {}
    if not name:
        errors["name"] = [_("Give the key a name: the log says it beside everything it does.")]
    elif len(name) > LONGEST_NAME:
        errors["name"] = [_("At most %(most)s characters.", most=LONGEST_NAME)]
    if role not in ROLES:
        errors["role"] = [_("Choose what the key may do.")]
    if errors:
        return _shown(name=name, role=role, errors=errors), 422
    if was_sent():
        flash(_("This form was sent before, so no second key was made."), "bad")
        return redirect(url_for("settings.keys"))
    return _shown(made=create_api_key(person().installation, role, name), made_role=role)


@blueprint.post("/settings/keys/<row_id:key_id>/revoke")
def revoke_key(key_id: int) -> Response:
    """End a key at once."""
    if not revoke_api_key(person().installation, key_id):
        abort(404)
    flash(_("The key is ended. Whoever used it is refused from now on."))
    return redirect(url_for("settings.keys"))


def _shown(
    name: str = "",
    role: str = AGENT,
    errors: dict[str, list[str]] | None = None,
    made: str = "",
    made_role: str = "",
) -> str:
    known = [key for key in ApiKey.list_owned(tenant()) if key.revoked_at is None]
    return page(
        "settings/api_keys.html",
        "settings",
        api_keys=known,
        name=name,
        role=role,
        errors=errors or {},
        made=made,
        made_role=made_role,
        shows_secret=bool(made),
        base_url=get_deps().settings.base_url,
    )
