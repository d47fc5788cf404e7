"""Media in an S3-compatible bucket, by botocore.

Credentials, region and endpoint come from the usual AWS_* variables, profiles or roles. botocore is
loaded at the first call: most processes never need it.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from plugin.gateways.errors import GatewayError, classify_status

# A file up to this size is read into memory, a larger one onto the disk.
IN_MEMORY = 1024 * 1024
DEFAULT_REGION = "us-east-1"


class Bucket:
    """`MediaStore` in a bucket. Safe to share between threads."""

    def __init__(self, name: str, prefix: str, before_call: Callable[[], None]) -> None:
        self._name = name
        self._prefix = f"{prefix}/" if prefix else ""
        self._before_call = before_call
        self._lock = threading.Lock()
        # By process: a forked child must not share its parent's connections.
        self._clients: dict[int, Any] = {}

    def write(self, path: str, file: IO[bytes]) -> None:
        with self._calling() as client:
            client.put_object(Bucket=self._name, Key=self._prefix + path, Body=file)

    def read(self, path: str, start: int = 0, stop: int | None = None) -> IO[bytes]:
        # Whole before the first byte is passed on: a client that reads slowly holds no connection.
        file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  the caller closes it
        wanted = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        try:
            with self._calling() as client:
                span = wanted if start or stop is not None else {}
                answer = client.get_object(Bucket=self._name, Key=self._prefix + path, **span)
                for piece in answer["Body"].iter_chunks(IN_MEMORY):
                    file.write(piece)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def delete(self, folder: str) -> None:
        with self._calling() as client:
            found = client.list_objects_v2(Bucket=self._name, Prefix=f"{self._prefix}{folder}/")
            keys = [each["Key"] for each in found.get("Contents", [])]
        for key in keys:
            with self._calling() as client:
                client.delete_object(Bucket=self._name, Key=key)
        if found.get("IsTruncated"):
            self.delete(folder)

    @contextmanager
    def _calling(self) -> Iterator[Any]:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        self._before_call()
        try:
            yield self._client()
        except ClientError as error:
            raise _refused(error.response) from None
        except NoCredentialsError:
            words = "No credentials for the media bucket: set AWS_ACCESS_KEY_ID and its secret"
            raise GatewayError(words, permanent=True, reason="configuration") from None
        except (BotoCoreError, OSError, ValueError) as error:
            words = f"The media bucket gave no answer: {type(error).__name__}"
            raise GatewayError(words, permanent=False, reason="unreachable") from None

    def _client(self) -> Any:
        with self._lock:
            process = os.getpid()
            if process not in self._clients:
                self._clients = {process: _new_client()}
            return self._clients[process]


def _new_client() -> Any:
    from botocore.config import Config
    from botocore.session import Session

    session = Session()
    elsewhere = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        # Few stand-ins of S3 have a host name for each bucket, or know the newer checksums.
        s3={"addressing_style": "path" if elsewhere else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    region = session.get_config_variable("region") or DEFAULT_REGION
    return session.create_client("s3", region_name=region, config=config)


def _refused(response: dict[str, Any]) -> GatewayError:
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(response.get("Error", {}).get("Code", ""))
    # A missing bucket is no missing file.
    special = {404: ("configuration", True)} if code == "NoSuchBucket" else None
    reason, permanent = classify_status(status, special)  # type: ignore[arg-type]
    words = f"The media bucket answered {status} {code}"
    return GatewayError(words, permanent=permanent, reason=reason, status=status)
