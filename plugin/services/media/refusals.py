"""Why a file is refused, in words that a page shows at its field."""

from plugin.core.text.sentences import Sentence

MEGABYTE = 1_000_000


class MediaRefused(ValueError):
    """The file cannot be used; `problem` tells why and what to do."""

    def __init__(self, problem: Sentence) -> None:
        super().__init__(str(problem))
        self.problem = problem


def too_large(most: int) -> MediaRefused:
    return MediaRefused(
        Sentence("The file is larger than %(most)d MB: make it smaller.", most=most // MEGABYTE)
    )


EMPTY = Sentence("The file is empty: choose another one.")
NO_PICTURE = Sentence(
    "This file is no picture that can be read. Use JPEG, PNG, GIF or WebP, or save it anew."
)
HEIC = Sentence("LINE shows no HEIC pictures: save it as JPEG first.")
SVG = Sentence("LINE shows no SVG pictures: save it as PNG first.")
MOVES = Sentence(
    "This picture moves, and LINE would show only its first frame. Use a still one, or a video."
)
TOO_MANY_PIXELS = Sentence("The picture has too many pixels: make it smaller.")
TOO_THIN = Sentence(
    "The picture is much longer than it is wide, or the other way round: cut it to size."
)
NO_VIDEO = Sentence("This file is no MP4 video that can be read: save it as MP4 with H.264.")
QUICKTIME = Sentence("LINE plays no QuickTime films: save it as MP4 with H.264.")
NO_TRACK = Sentence("This MP4 file has no picture, only sound.")
BROKEN_OFF = Sentence("The video is not complete: its end is missing. Upload it again.")
EXPIRED = Sentence("This upload was begun too long ago, or ended: choose the file again.")
PART_MISSING = Sentence("A part of the file did not arrive: choose the file again.")
TOO_MANY = Sentence("Too many uploads are under way: wait a few minutes, then choose it again.")
