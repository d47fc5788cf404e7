"""The blueprint of the team's pages of media, and which addresses of pictures a preview shows."""

from plugin.guards import get_deps
from plugin.models.media.media import IMAGE
from plugin.services.media.variants import LARGEST, LARGEST_OF_ALL
from plugin.web.blueprint import team_blueprint

blueprint = team_blueprint("media")


@blueprint.app_template_global("upload_limits")
def upload_limits() -> dict[str, int]:
    """Return bytes by kind, which the script compares before it sends anything."""
    return {**LARGEST, "preview": LARGEST[IMAGE], "": LARGEST_OF_ALL}


@blueprint.app_template_test("picture_address")
def is_picture_address(url: object) -> bool:
    """Whether a preview shows it: over https, a ready picture of ours, or an upload."""
    if not isinstance(url, str):
        return False
    ours = f"{get_deps().settings.base_url}/media/"
    secure = url.startswith("https://") and not url.startswith("https:///")
    return secure or url.startswith(("/static/", ours))
