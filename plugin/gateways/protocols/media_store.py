"""The protocol of the place where pictures and videos are kept."""

from typing import IO, Protocol


class MediaStore(Protocol):
    """Files by path, such as "3f/9a/<key>/preview". Raises `GatewayError` and nothing else;
    `not_found` where a file is missing."""

    def write(self, path: str, file: IO[bytes]) -> None:
        """Keep the bytes of `file` from its position on, whole or not at all."""

    def read(self, path: str, start: int = 0, stop: int | None = None) -> IO[bytes]:
        """Return a file whose position is at `start`; it may hold more than `stop` asks for."""

    def delete(self, folder: str) -> None:
        """Delete everything below a folder, which may be missing already."""
