"""What a reader calls characters: LINE counts some texts in these (UAX #29)."""

from wcwidth import iter_graphemes


def count_clusters(text: str) -> int:
    """How many grapheme clusters: a flag, or an emoji with its skin tone, is one."""
    return len(text) if text.isascii() else sum(1 for _ in iter_graphemes(text))
