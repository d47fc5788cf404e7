"""Media in a folder of this machine, or of a disk that all machines share."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from plugin.gateways.errors import GatewayError


class Folder:
    """`MediaStore` on a disk. A file has its name only once all its bytes are on the disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, path: str, file: IO[bytes]) -> None:
        target = self._root / path
        # A process that ends half-way leaves this name, which goes with the folder.
        unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        with _translated_errors():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with open(unfinished, "xb", opener=_for_us_alone) as copy:
                    shutil.copyfileobj(file, copy, 1024 * 1024)
                    copy.flush()
                    os.fsync(copy.fileno())
                unfinished.replace(target)
                _sync_folder(target.parent)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise

    def read(self, path: str, start: int = 0, stop: int | None = None) -> IO[bytes]:
        with _translated_errors():
            file = (self._root / path).open("rb")
            file.seek(start)
            return file

    def delete(self, folder: str) -> None:
        path = self._root / folder
        with _translated_errors():
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(path)
            # Folders that others have files in stay.
            with contextlib.suppress(OSError):
                path.parent.rmdir()
                path.parent.parent.rmdir()


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    # Otherwise a power failure could lose the name of a file that is on the disk.
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


@contextlib.contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, IsADirectoryError):
        raise GatewayError("The file is missing", permanent=True, reason="not_found") from None
    except OSError as error:
        # Without the path, which stands in MEDIA_URL.
        words = f"The media folder cannot be used: {error.strerror or type(error).__name__}"
        raise GatewayError(words, permanent=False, reason="unavailable") from None
