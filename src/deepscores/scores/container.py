"""Compressed MusicXML (.mxl): find the score in an untrusted zip archive."""

import re
import zipfile
import zlib
from io import BytesIO

from deepscores.scores.decoding import decode
from deepscores.scores.refusal import Refusal
from deepscores.scores.xml import parse_xml

_CONTAINER = "META-INF/container.xml"
_MEDIA_TYPE = "application/vnd.recordare.musicxml+xml"
_MAX_MEMBERS = 10_000
_MAX_CONTAINER_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 16
# Repetitive scores shrink up to some 60 times; deflate's own limit is 1032.
_MAX_RATIO = 300
_MIN_BYTES_FOR_RATIO = 4 << 20
_UNSAFE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


def is_zip(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read_container(data: bytes, limit: int) -> tuple[bytes, tuple[str, ...]]:
    """The bytes of the score in an .mxl archive, and the repairs that were needed.

    Nothing is ever extracted to disk; names that would leave a folder are refused all the same,
    because such an archive is an attack.
    """
    if not is_zip(data):
        raise Refusal("not a zip archive, which an .mxl file is")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_names(archive)
            member, repairs = _score_member(archive)
            score = _read(archive, member, limit)
    except Refusal:
        raise
    except _BROKEN as error:
        raise Refusal(f"broken zip archive: {_one_line(error)}") from None
    except (LookupError, RuntimeError, TypeError, AttributeError, zipfile.LargeZipFile) as error:
        # What zipfile raises on crafted headers is not documented.
        raise Refusal(f"broken zip archive: {_one_line(error)}") from None
    if is_zip(score):
        raise Refusal(f"archive inside an archive: {member!r}")
    return score, repairs


def _one_line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error)).strip()[:120] or type(error).__name__


def _check_names(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if len(names) > _MAX_MEMBERS:
        raise Refusal(f"archive of {len(names)} members; at most {_MAX_MEMBERS} are read")
    if not names:
        raise Refusal("archive without members")
    for name in names:
        if _UNSAFE.search(name):
            raise Refusal(f"unsafe name in the archive: {name[:80]!r}")


def _score_member(archive: zipfile.ZipFile) -> tuple[str, tuple[str, ...]]:
    names = set(archive.namelist())
    rootfile = _rootfile(archive) if _CONTAINER in names else None
    if rootfile in names and rootfile is not None:
        return rootfile, ()
    problem = f"rootfile {rootfile!r} is missing" if rootfile else "no rootfile is named"
    scores = sorted(name for name in names if _looks_like_score(name))
    if len(scores) != 1:
        raise Refusal(f"{problem} in the archive, and {len(scores)} members could be the score")
    return scores[0], (f"{problem}; {scores[0]!r} read instead",)


def _rootfile(archive: zipfile.ZipFile) -> str | None:
    try:
        text, _ = decode(_read(archive, _CONTAINER, _MAX_CONTAINER_BYTES))
        container = parse_xml(text)
    except Refusal as refusal:
        raise Refusal(f"{_CONTAINER}: {refusal}") from None
    # Some programs list a PDF or the audio first.
    files = [
        (str(element.get("full-path", "")), element.get("media-type"))
        for element in container.iter("{*}rootfile")
    ]
    for path, media in files:
        if path and (media in (None, _MEDIA_TYPE) or path.lower().endswith((".xml", ".musicxml"))):
            return path
    return files[0][0] if files and files[0][0] else None


def _looks_like_score(name: str) -> bool:
    folders = name.split("/")
    hidden = any(part.startswith(".") or part in ("META-INF", "__MACOSX") for part in folders)
    return not hidden and name.lower().endswith((".xml", ".musicxml"))


def _read(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    info = archive.getinfo(name)
    if info.flag_bits & 0x1:
        raise Refusal(f"encrypted archive member: {name!r}")
    content = bytearray()
    # Counted while unpacking: the size in the header cannot be trusted.
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            content += chunk
            if len(content) > limit:
                raise Refusal(f"archive member {name!r} unpacks to more than {limit} bytes")
            if len(content) > _MIN_BYTES_FOR_RATIO and len(content) > _MAX_RATIO * max(
                info.compress_size, 1
            ):
                raise Refusal(
                    f"archive member {name!r} unpacks to over {_MAX_RATIO} times its size"
                )
    return bytes(content)
