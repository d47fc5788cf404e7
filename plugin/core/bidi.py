"""Isolate foreign text in a sentence, so that it cannot turn the sentence's writing direction."""

import unicodedata

# Bidirectional classes (Unicode, UAX #9) of right-to-left letters, and of the characters that turn
# or override a direction until they are closed.
_TURNING = {
    "R", "AL", "AN", "LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
}  # fmt: skip
FSI, PDI = "\u2068", "\u2069"
# The characters that open and close isolates: inside an isolate, a name could close it too early.
_ISOLATES = dict.fromkeys(range(0x2066, 0x206A))


def can_reorder(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(c) in _TURNING for c in text)


def isolated(text: str) -> str:
    return f"{FSI}{text.translate(_ISOLATES)}{PDI}" if can_reorder(text) else text
