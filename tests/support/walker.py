"""A person at a browser, without the browser: follows links over real HTTP and fills in forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass
class Form:
    """A form as it stands on a page."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects forms, their fields and their buttons, and the text between."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._silent = 0
        self._select = ""
        # What a dialog holds shows itself to scripts alone.
        self._dialogs = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "dialog":
            self._dialogs += 1
        elif self._dialogs:
            return
        elif tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get").lower()))
        elif self.forms:
            self._field(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        elif tag == "dialog":
            self._dialogs -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text.append(data)

    def _field(self, tag: str, values: dict[str, str]) -> None:
        form, name, kind = self.forms[-1], values.get("name", ""), values.get("type", "")
        if tag == "button":
            form.buttons.append((name, values.get("value", "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in values or self._select not in form.fields):
            form.fields[self._select] = values.get("value", "")
        elif tag == "textarea" and name:
            form.fields[name] = ""
        elif tag == "input" and name and (kind not in ("radio", "checkbox") or "checked" in values):
            form.fields[name] = values.get("value", "")


@dataclass
class Page:
    """Where the walker stands."""

    url: str
    status: int
    html: str
    forms: list[Form]
    text: str


class Walker:
    """Cookies of its own, like one browser; `language` is what it says it reads."""

    def __init__(self, language: str = "en") -> None:
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = language
        self.session.trust_env = False
        self.page = Page("", 0, "", [], "")

    def go(self, url: str) -> Page:
        """Open an address, or a path of the site the walker is on."""
        return self._arrive(self.session.get(urljoin(self.page.url, url), timeout=30))

    def submit(self, index: int = -1, button: str | None = None, **fields: str) -> Page:
        """Fill in a form of the page (the last one unless told) and send it."""
        form = self._with_button(button) if button else self.page.forms[index]
        values = {**form.fields, **fields}
        for name, value in form.buttons:
            if name and (button in (None, value)):
                values.setdefault(name, value)
        url = urljoin(self.page.url, form.action or self.page.url)
        if form.method == "post":
            return self._arrive(self.session.post(url, data=values, timeout=30))
        return self._arrive(self.session.get(url, params=values, timeout=30))

    def _with_button(self, value: str) -> Form:
        return next(one for one in self.page.forms if value in [text for _, text in one.buttons])

    def _arrive(self, answer: requests.Response) -> Page:
        reader = _Reader()
        reader.feed(answer.text if "html" in answer.headers.get("Content-Type", "") else "")
        text = " ".join(" ".join(reader.text).split())
        self.page = Page(answer.url, answer.status_code, answer.text, reader.forms, text)
        return self.page
