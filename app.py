"""`python app.py` serves Musubi; `flask --app app` and WSGI servers import `app` from here."""

import sys

from plugin.loaded_objects import loading

with loading():
    from plugin.factory import create_app
    from plugin.models.database_wait import DatabaseUnreachable
    from plugin.serve import serve
    from plugin.settings import SettingsError

    try:
        app = create_app()
    except (SettingsError, DatabaseUnreachable) as error:
        sys.exit(str(error))
celery = app.extensions.get("celery")  # None where jobs run in this process

if __name__ == "__main__":
    serve(app)
