"""The first page: a description of Musubi, or the team's dashboard."""

from plugin.web.dashboard import views

__all__ = ["views"]
