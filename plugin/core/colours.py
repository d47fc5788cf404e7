"""The two colours of a QR code, and whether a camera can tell them apart."""

import re

_COLOUR = re.compile(r"#[0-9a-f]{6}")
# What WCAG 2.2 asks of text; phone cameras in bad light need no less.
LEAST_CONTRAST = 4.5


def is_colour(text: str) -> bool:
    return bool(_COLOUR.fullmatch(text))


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def contrast(dark: str, light: str) -> float:
    """Return the WCAG 2.2 ratio, 1 to 21; below 1 where `dark` is the lighter colour."""
    return (_luminance(light) + 0.05) / (_luminance(dark) + 0.05)


def can_be_scanned(dark: str, light: str) -> bool:
    """Return False for light on dark too: many readers do not take such codes."""
    return contrast(dark, light) >= LEAST_CONTRAST


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in rgb(colour)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
