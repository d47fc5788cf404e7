"""What is said about media."""

from flask_babel import format_decimal, lazy_gettext

from plugin.models.media.media import ICON, IMAGE, IMAGEMAP, VIDEO, Media

KINDS = {
    IMAGE: lazy_gettext("Image"),
    VIDEO: lazy_gettext("Video"),
    IMAGEMAP: lazy_gettext("Imagemap"),
    ICON: lazy_gettext("Icon"),
}
NOT_STORED = lazy_gettext(
    "The file could not be kept: the place for files does not answer, or is full. Try again; if it"
    " stays so, tell whoever runs Musubi."
)


def describe(media: Media) -> str:
    """Return size and pixels, such as `1,024 × 768, 1.2 MB`."""
    size = media.size / 1_000_000
    figure = format_decimal(max(round(size, 1), 0.1))
    if media.width and media.height:
        return f"{format_decimal(media.width)} × {format_decimal(media.height)}, {figure} MB"
    return f"{figure} MB"
