import gzip
import hashlib
import http.server
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from dlnotes.data import DownloadError, _download, cache_dir
from dlnotes.data._download import RemoteFile, fetch

PLAIN = bytes(range(256)) * 2000  # 0.5 MB once decompressed
PACKED = gzip.compress(PLAIN, mtime=0)
FILE = RemoteFile("numbers.gz", hashlib.sha256(PLAIN).hexdigest(), 0.5)
OTHER = RemoteFile("more.gz", hashlib.sha256(PLAIN[::-1]).hexdigest(), 0.5)


class Server:
    """A web server on this machine: what each path answers, and what was asked."""

    def __init__(self):
        outer = self
        self.answers: dict[str, object] = {}
        self.asked: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                answer = outer.answers.get(self.path)
                if callable(answer):
                    answer(self)
                elif answer is None:
                    self.send_error(404)
                else:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *_):
                """Keep the test output clean."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def mirror(self, folder: str = "a") -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{folder}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def cut_short(handler):
    """Promise all, send half, hang up."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(PACKED)))
    handler.end_headers()
    handler.wfile.write(PACKED[: len(PACKED) // 2])
    handler.close_connection = True


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DLNOTES_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "set"


def get(*mirrors, files=(FILE,)):
    return fetch("The set", "set", files, mirrors, "use the embedded one.")


def test_cache_dir(monkeypatch, tmp_path):
    import pooch

    monkeypatch.setenv("DLNOTES_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.setenv("DLNOTES_CACHE", "~/somewhere")
    assert cache_dir() == Path.home() / "somewhere"
    for unset in ("", "  "):
        monkeypatch.setenv("DLNOTES_CACHE", unset)
        assert cache_dir() == Path(pooch.os_cache("dlnotes"))
    monkeypatch.delenv("DLNOTES_CACHE")
    assert cache_dir() == Path(pooch.os_cache("dlnotes"))


def test_download_says_cost_and_place_then_keeps(server, home, capsys):
    server.answers["/a/numbers.gz"] = PACKED
    assert get(server.mirror()) == [PLAIN]
    said = capsys.readouterr()
    assert said.out == f"The set: downloading 0.5 MB once; kept in {home}.\n"
    assert "numbers.gz" in said.err  # the progress bar
    assert "100%" in said.err
    assert [path.name for path in home.iterdir()] == ["numbers.gz"]
    assert get(server.mirror()) == [PLAIN]
    assert capsys.readouterr().out == ""
    assert server.asked == ["/a/numbers.gz"]


def test_only_what_is_missing(server, home, capsys):
    home.mkdir(parents=True)
    (home / "numbers.gz").write_bytes(PACKED)
    server.answers["/a/more.gz"] = PLAIN[::-1]  # a mirror that undid gzip on the way
    assert get(server.mirror(), files=(FILE, OTHER)) == [PLAIN, PLAIN[::-1]]
    assert server.asked == ["/a/more.gz"]


def test_another_gzip_header_is_the_same_content(server, home):
    server.answers["/a/numbers.gz"] = gzip.compress(PLAIN, compresslevel=1, mtime=99)
    assert get(server.mirror()) == [PLAIN]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (None, "answered 404"),
        (cut_short, "the connection was cut"),
        (gzip.compress(b"something else"), "sent something else, its sha256 begins"),
        (b"<html>Sign in</html>", "sent something else, its sha256 begins"),
        (PACKED[:-20], "cannot be decompressed"),
        (PACKED[:50] + b"\xff" * 50 + PACKED[100:], "sent something else"),
        (b"", "sent something else"),
    ],
)
def test_next_mirror_and_clean_failure(server, home, bad, said):
    server.answers["/a/numbers.gz"] = bad
    with pytest.raises(DownloadError, match=said) as caught:
        get(server.mirror("a"))
    assert str(caught.value).startswith("The set could not be downloaded (127.0.0.1:")
    assert str(caught.value).endswith("; use the embedded one.")
    assert "\n" not in str(caught.value)
    assert list(home.iterdir()) == []
    server.answers["/b/numbers.gz"] = PACKED
    assert get(server.mirror("a"), server.mirror("b")) == [PLAIN]
    assert server.asked[-2:] == ["/a/numbers.gz", "/b/numbers.gz"]
    assert [path.name for path in home.iterdir()] == ["numbers.gz"]


def test_silent_server_is_left(server, home, monkeypatch):
    released = threading.Event()
    server.answers["/a/numbers.gz"] = lambda handler: released.wait(20)
    server.answers["/b/numbers.gz"] = PACKED
    monkeypatch.setattr(_download, "TIMEOUT", 0.3)
    try:
        assert get(server.mirror("a"), server.mirror("b")) == [PLAIN]
    finally:
        released.set()


def test_offline_is_one_sentence(home, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    nobody = "http://127.0.0.1:9/"  # the discard port: nobody listens
    with pytest.raises(DownloadError) as caught:
        get(nobody)
    assert str(caught.value) == "The set could not be downloaded (127.0.0.1:9: no connection); use the embedded one."
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("damage", [PACKED[:1000], b"", gzip.compress(b"changed"), b"\x1f\x8b" + b"\x00" * 100])
def test_damaged_cache_is_named_and_replaced(server, home, capsys, damage):
    home.mkdir(parents=True)
    (home / "numbers.gz").write_bytes(damage)
    server.answers["/a/numbers.gz"] = PACKED
    assert get(server.mirror()) == [PLAIN]
    assert f"{home / 'numbers.gz'} is damaged: " in capsys.readouterr().out
    assert (home / "numbers.gz").read_bytes() == PACKED


def test_damaged_cache_offline_is_never_read(home, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    home.mkdir(parents=True)
    (home / "numbers.gz").write_bytes(PACKED[:99])
    with pytest.raises(DownloadError, match=r"so the damaged .*numbers\.gz stays unread; use the embedded one"):
        get("http://127.0.0.1:9/")
    assert [path.name for path in home.iterdir()] == ["numbers.gz"]
    assert (home / "numbers.gz").read_bytes() == PACKED[:99]


def test_a_folder_where_the_file_should_be(server, home):
    (home / "numbers.gz").mkdir(parents=True)
    server.answers["/a/numbers.gz"] = PACKED
    with pytest.raises(DownloadError, match=r"numbers\.gz"):
        get(server.mirror())
    assert [path.name for path in home.iterdir()] == ["numbers.gz"]


def test_place_that_cannot_be_written(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("DLNOTES_CACHE", str(tmp_path / "file"))
    server.answers["/a/numbers.gz"] = PACKED
    with pytest.raises(DownloadError, match=r"cannot be written .*set the environment variable DLNOTES_CACHE"):
        get(server.mirror())


def test_read_only_folder_serves(home, monkeypatch):
    home.mkdir(parents=True)
    (home / "numbers.gz").write_bytes(PACKED)

    def forbidden(*_, **__):
        raise AssertionError("a complete cache must not be written")

    monkeypatch.setattr(_download, "temporary", forbidden)
    assert get("http://127.0.0.1:9/") == [PLAIN]


def test_calls_at_the_same_time(server, home):
    server.answers["/a/numbers.gz"] = PACKED
    results: list[object] = []
    threads = [threading.Thread(target=lambda: results.append(get(server.mirror()))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[PLAIN]] * 6
    assert [path.name for path in home.iterdir()] == ["numbers.gz"]


def test_the_last_step_is_one_rename(server, home, monkeypatch):
    """Stopped right before the rename: everything was there and checked, and still the final name does not exist."""
    server.answers["/a/numbers.gz"] = PACKED
    seen = []

    def stop(part, final):
        seen.append((Path(part).read_bytes(), Path(final), Path(final).exists(), Path(part).parent))
        raise KeyboardInterrupt

    monkeypatch.setattr(_download.os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        get(server.mirror())
    assert seen == [(PACKED, home / "numbers.gz", False, home)]
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("signal", ["kill", "interrupt"])
def test_killed_in_the_middle(server, home, tmp_path, signal):
    """The process ends between the first byte and the last: the final name never exists half-written."""
    halfway, released = threading.Event(), threading.Event()

    def half_then_wait(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(PACKED)))
        handler.end_headers()
        handler.wfile.write(PACKED[: len(PACKED) // 2])
        handler.wfile.flush()
        halfway.set()
        released.wait(30)

    server.answers["/a/numbers.gz"] = half_then_wait
    code = f"""
        import signal
        from dlnotes.data._download import RemoteFile, fetch
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background starts deaf to Ctrl-C
        file = RemoteFile({FILE.name!r}, {FILE.sha256!r}, 0.5)
        fetch("The set", "set", [file], [{server.mirror()!r}], "-")
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.PIPE)
    try:
        assert halfway.wait(60)
        deadline = time.monotonic() + 30
        while not list(home.glob(".*.part")) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not (home / "numbers.gz").exists()
        if signal == "kill":
            process.kill()
        else:
            time.sleep(0.2)
            process.send_signal(2)
        process.communicate(timeout=30)
    finally:
        released.set()
        process.kill()
        process.communicate()
    assert not (home / "numbers.gz").exists()
    left = list(home.iterdir())
    assert len(left) == (1 if signal == "kill" else 0)  # Ctrl-C tidies up; a kill leaves a name nobody reads
    for part in left:
        old = time.time() - 2 * 24 * 3600
        os.utime(part, (old, old))
    server.answers["/a/numbers.gz"] = PACKED
    assert get(server.mirror()) == [PLAIN]
    assert [path.name for path in home.iterdir()] == ["numbers.gz"]  # yesterday's rest is swept away
