"""Downloads that finish or leave nothing: checked before use, kept in one place, replaced when damaged.

A file is written under a temporary name beside its final one, checked, and only then renamed, which the operating
system does in one step. So a file with its final name is complete, whoever was interrupted and whoever else was
downloading it at the same time. It is checked again each time it is read, because disks and people change files.
"""

import contextlib
import dataclasses
import gzip
import hashlib
import os
import time
import uuid
import zlib
from collections.abc import Sequence
from pathlib import Path

TIMEOUT = 30.0  # seconds without a byte before the next address is tried
_STALE = 24 * 3600.0  # seconds after which a temporary file belongs to nobody


class DownloadError(OSError):
    """Data could not be had: no network, other content than expected, or nowhere to keep it."""


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """One file of a data set.

    Attributes:
        name: Its name at every address and in the cache.
        sha256: Of its content after gzip is undone, because mirrors compress differently.
        megabytes: What the download costs, in 10⁶ bytes.
    """

    name: str
    sha256: str
    megabytes: float


def cache_dir() -> Path:
    """The folder downloads are kept in: the environment variable `DLNOTES_CACHE`, or your system's cache folder.

    A folder that already holds the files, even one that cannot be written, serves as well:
    `$DLNOTES_CACHE/mnist/train-images-idx3-ubyte.gz` and so on.

    Example:
        >>> isinstance(cache_dir(), Path)
        True

    Notebook: 00_start_here.
    """
    chosen = os.environ.get("DLNOTES_CACHE", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    import pooch

    return Path(pooch.os_cache("dlnotes"))


def fetch(title: str, folder: str, files: Sequence[RemoteFile], mirrors: Sequence[str], instead: str) -> list[bytes]:
    """The checked content of each file, gzip undone: from the cache where it is right, else downloaded.

    Args:
        title: The data set's name, for messages.
        folder: Its folder in the cache.
        files: What to fetch.
        mirrors: Addresses ending in "/", tried in order.
        instead: What to do without a network; ends the error's sentence.

    Raises:
        DownloadError: A file could be had from no address, or not be kept.
    """
    home = cache_dir() / folder
    found: dict[str, bytes] = {}
    damaged: list[Path] = []
    for file in files:
        path = home / file.name
        try:
            found[file.name] = checked(path.read_bytes(), file.sha256)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            damaged.append(path)
            say(f"{path} is damaged: {error}. A fresh copy will replace it.")
    missing = [file for file in files if file.name not in found]
    if missing:
        cost = sum(file.megabytes for file in missing)
        say(f"{title}: downloading {cost:.1f} MB once; kept in {home}.")
    for file in missing:
        found[file.name] = _download(title, file, home, mirrors, instead, home / file.name in damaged)
    return [found[file.name] for file in files]


def checked(content: bytes, sha256: str) -> bytes:
    """The content with gzip undone, if it is the one expected.

    Raises:
        ValueError: It is cut short, not gzip, or has another hash.
    """
    try:
        plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"its {len(content)} bytes cannot be decompressed") from error
    found = hashlib.sha256(plain).hexdigest()
    if found != sha256:
        raise ValueError(f"its sha256 begins {found[:12]} where {sha256[:12]} is expected")
    return plain


def say(text: str) -> None:
    """Tell the reader what is about to happen, at once."""
    print(text, flush=True)


@contextlib.contextmanager
def temporary(final: Path):
    """A name beside `final` that nobody else uses; whatever stands there afterwards is removed.

    Raises:
        DownloadError: The folder cannot be made or written.
    """
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        _sweep(final.parent)
        path = final.parent / f".{final.name}.{uuid.uuid4().hex}.part"
        path.touch(exist_ok=False)
    except OSError as error:
        raise DownloadError(
            f"{final.parent} cannot be written ({error.strerror or error}); "
            f"set the environment variable DLNOTES_CACHE to a folder that can."
        ) from error
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _download(
    title: str, file: RemoteFile, home: Path, mirrors: Sequence[str], instead: str, was_damaged: bool
) -> bytes:
    reasons = []
    for mirror in mirrors:
        with temporary(home / file.name) as part:
            try:
                _get(mirror + file.name, part, file)
                content = checked(part.read_bytes(), file.sha256)
                os.replace(part, home / file.name)
            except (OSError, ValueError) as error:  # requests' errors are OSErrors
                reasons.append(f"{_host(mirror)}: {_reason(error)}")
                continue
            return content
    also = f", so the damaged {home / file.name} stays unread" if was_damaged else ""
    raise DownloadError(f"{title} could not be downloaded ({'; '.join(reasons)}){also}; {instead}")


def _get(url: str, part: Path, file: RemoteFile) -> None:
    """Download `url` into `part` with a progress bar."""
    from pooch import HTTPDownloader
    from tqdm.auto import tqdm

    expected = max(1, round(file.megabytes * 1e6))  # until the server says exactly
    with open(part, "wb") as out, tqdm(desc=file.name, total=expected, unit="B", unit_scale=True) as bar:
        HTTPDownloader(progressbar=bar, timeout=TIMEOUT)(url, out, None)  # pyright: ignore[reportArgumentType]


def _host(mirror: str) -> str:
    return mirror.split("//")[-1].split("/")[0]


def _reason(error: Exception) -> str:
    """A few words for the reader in place of a nest of library messages."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"no answer in {TIMEOUT:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was cut"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, ValueError):
        return f"sent something else, {error}"
    return str(error)


def _sweep(folder: Path) -> None:
    """Remove temporary files of downloads that were killed long ago."""
    for part in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _STALE:
                part.unlink()
