"""The card to print: a page in the paper's size, for the browser's own print dialog.

The fonts of the machine that prints must have the letters of every script.
"""

from typing import NamedTuple

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wcwidth import wcswidth
from werkzeug.wrappers import Response

from plugin.core.text.written_language import written_language
from plugin.models.login_flow.qr_code import QRCode
from plugin.web.layout import page
from plugin.web.qr_codes.blueprint import blueprint
from plugin.web.qr_codes.views import own_code

LONGEST_HEADLINE = 40


class Paper(NamedTuple):
    """A paper format in millimetres, and the number of cards on it."""

    key: str
    label: str
    width: int
    height: int
    cards: int = 1


PAPERS = {
    paper.key: paper
    for paper in (
        Paper("a6", lazy_gettext("Card, A6"), 105, 148),
        Paper("four", lazy_gettext("Four cards on A4"), 210, 297, 4),
        Paper("a5", lazy_gettext("Table stand, A5"), 148, 210),
        Paper("a4", lazy_gettext("Poster, A4"), 210, 297),
    )
}


@blueprint.get("/qr-codes/<row_id:code_id>/print")
def print_qr_code(code_id: int) -> str:
    """Show the card as it will be printed, with its options (`paper`, `headline`)."""
    code, typed = own_code(code_id), request.args.get("headline", "").strip()
    account = code.official_account
    zone = account.installation.time_zone
    headline = typed[:LONGEST_HEADLINE] or _("Add us on LINE")
    return page(
        "qr_codes/print.html",
        "qr",
        code=code,
        account=account,
        paper=_paper(),
        papers=PAPERS.values(),
        headline=headline,
        asked=typed[:LONGEST_HEADLINE],
        longest=LONGEST_HEADLINE,
        name_language=written_language(account.name, zone),
        headline_language=written_language(headline, zone),
        name_length=_length(account.name, 15, 30),
        headline_length=_length(headline, 18, 36),
    )


@blueprint.get("/qr-codes/<row_id:code_id>/print.css")
def print_style(code_id: int) -> Response:
    # The card's own styles; the pages' policy takes styles from files only.
    return Response(_style(own_code(code_id), _paper()), mimetype="text/css")


def _paper() -> Paper:
    return PAPERS.get(request.args.get("paper", ""), PAPERS["a6"])


def _style(code: QRCode, paper: Paper) -> str:
    width, height = f"{paper.width}mm", f"{paper.height}mm"
    return (
        f"@page {{ size: {width} {height}; margin: 0 }}\n"
        f".sheet {{ --width: {width}; --height: {height};"
        f" --dark: {code.dark}; --light: {code.light} }}\n"
    )


def _length(text: str, short: int, middle: int) -> str:
    # A size for a line by its columns; a Chinese character takes two.
    columns = wcswidth(text)
    # -1: the text has control characters, and its width is unknown.
    if 0 <= columns <= short:
        return "short"
    return "middle" if 0 <= columns <= middle else "long"
