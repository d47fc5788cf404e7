"""`python app.py` serves Musubi; `flask --app app` and WSGI servers find `app` here."""

from plugin import create_app
from plugin.serve import serve

app = create_app()
celery = app.extensions.get("celery")  # None where jobs run in this process

if __name__ == "__main__":
    serve(app)
