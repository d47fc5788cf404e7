"""Pages of deliveries, executions and failed jobs."""

from plugin.web.log import audit, failed_jobs, views
from plugin.web.log.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (audit, failed_jobs, views)
__all__ = ["ROUTES", "blueprint"]
