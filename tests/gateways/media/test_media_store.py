"""A folder and a bucket keep the same promises: whole files, ranges, deletions, errors in words."""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.gateways import GatewayError, MediaStore
from plugin.gateways.media_store import media_store
from tests.gateways.conftest import Calls
from tests.gateways.media.bucket_server import KEY, REGION, SECRET, BucketServer
from tests.support.world import Socket


@pytest.fixture(scope="module")
def socket() -> Iterator[Socket]:
    running = Socket()
    yield running
    running.close()


@pytest.fixture
def bucket(socket: Socket, monkeypatch: pytest.MonkeyPatch) -> BucketServer:
    socket.app = server = BucketServer()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", socket.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return server


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, calls: Calls) -> MediaStore:
    if request.param == "folder":
        return media_store(f"file:{tmp_path / 'media'}", calls)
    request.getfixturevalue("bucket")
    return media_store("s3://shop/of/musubi", calls)


def error_of(store: MediaStore, path: str) -> GatewayError:
    with pytest.raises(GatewayError) as failed:
        store.read(path)
    return failed.value


def test_files_come_back_whole_or_in_part(store: MediaStore) -> None:
    data = bytes(range(256)) * 8192
    store.write("ab/cd/abcd/original", io.BytesIO(data))
    with store.read("ab/cd/abcd/original") as file:
        assert file.read() == data
    with store.read("ab/cd/abcd/original", 1000, 1100) as file:
        assert file.read(100) == data[1000:1100]
    with store.read("ab/cd/abcd/original", len(data) - 10) as file:
        assert file.read() == data[-10:]


def test_a_file_is_written_over(store: MediaStore) -> None:
    for data in (b"first", b"2nd"):
        store.write("ab/cd/abcd/original", io.BytesIO(data))
    with store.read("ab/cd/abcd/original") as file:
        assert file.read() == b"2nd"


def test_a_deletion_takes_one_folder(store: MediaStore) -> None:
    for path in ("ab/cd/abcd/original", "ab/cd/abcd/preview", "ab/cd/abcd2/original"):
        store.write(path, io.BytesIO(b"x"))
    for _ in range(2):
        store.delete("ab/cd/abcd")
        assert error_of(store, "ab/cd/abcd/preview").reason == "not_found"
    with store.read("ab/cd/abcd2/original") as file:
        assert file.read() == b"x"


def test_a_folder_of_many_is_deleted_whole(bucket: BucketServer, calls: Calls) -> None:
    bucket.page = 2
    store = media_store("s3://shop", calls)
    for number in range(5):
        store.write(f"ab/cd/abcd/{number}", io.BytesIO(b"x"))
    store.delete("ab/cd/abcd")
    assert bucket.objects == {}


def test_a_bucket_that_is_busy_for_a_moment(bucket: BucketServer, calls: Calls) -> None:
    bucket.faults = [503]
    media_store("s3://shop/p", calls).write("ab/cd/abcd/original", io.BytesIO(b"x"))
    assert bucket.objects == {"p/ab/cd/abcd/original": b"x"}
    assert calls.count == 1


def test_what_a_bucket_refuses(
    bucket: BucketServer, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = error_of(media_store("s3://other", calls), "a/b/c/d")
    assert (missing.reason, missing.permanent) == ("configuration", True)
    bucket.faults = [503] * 9
    busy = error_of(media_store("s3://shop", calls), "a/b/c/d")
    assert (busy.reason, busy.permanent) == ("unavailable", False)
    bucket.faults = []
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    assert error_of(media_store("s3://shop", calls), "a/b/c/d").reason == "forbidden"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    assert error_of(media_store("s3://shop", calls), "a/b/c/d").reason == "configuration"


def test_a_bucket_that_does_not_answer(calls: Calls, bucket: BucketServer,
                                       monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    silent = error_of(media_store("s3://shop", calls), "a/b/c/d")
    assert (silent.reason, silent.permanent) == ("unreachable", False)


def test_files_can_be_read_by_us_alone(tmp_path: Path, calls: Calls) -> None:
    media_store(f"file:{tmp_path}", calls).write("ab/cd/abcd/original", io.BytesIO(b"x"))
    assert (tmp_path / "ab/cd/abcd/original").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_used(tmp_path: Path, calls: Calls) -> None:
    (tmp_path / "media").write_text("in the way")
    with pytest.raises(GatewayError) as failed:
        media_store(f"file:{tmp_path / 'media'}", calls).write("a/b/c/d", io.BytesIO(b"x"))
    assert str(tmp_path) not in str(failed.value)


# Writes a gigabyte, one byte short of its end for ever.
ENDLESS = """
import sys
from pathlib import Path
from plugin.gateways.media_store.folder import Folder
class Endless:
    def read(self, size):
        print("writing", flush=True)
        return b"x" * 1000
Folder(Path(sys.argv[1])).write("ab/cd/abcd/original", Endless())
"""


def test_a_killed_process_leaves_no_half_file(tmp_path: Path, calls: Calls) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(50):
        assert writer.stdout.readline() == "writing\n"
    writer.kill()
    writer.wait(20)
    writer.stdout.close()
    store = media_store(f"file:{tmp_path}", calls)
    assert error_of(store, "ab/cd/abcd/original").reason == "not_found"
    store.delete("ab/cd/abcd")
    assert list(tmp_path.iterdir()) == []


def test_a_process_without_a_bucket_never_loads_the_client(tmp_path: Path) -> None:
    program = (
        "import sys; from plugin.gateways.media_store import media_store;"
        "media_store('s3://shop/p', lambda: None); print('botocore' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "False"
