"""Ways to damage a file: as disks, editors, spreadsheets, synchronisation and people do."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

NASTY = (
    *("", " ", "n/a", "NA", "nan", "NaN", "null", "None", "inf", "-1", "0", "1.5", "7,5", "1e999", "1e5"),
    *("9" * 25, "007", "true", "FALSE", "ä", "é", "\u202e", "😀", '"', '""', "a,b", "a;b", "a\tb", "=1+1"),
    *("../x", "/etc/passwd", "C:\\x", ".", "x" * 5000, "\0", "[/red]", "%s", "practice", "left", "trivial"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2.5, 1e300, 10**30, "", "x", "../x", "/etc/passwd", "NaN"),
    *([], {}, [None], {"a": None}, [[1]], {"": ""}),
)
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "cp437", "mac-roman")


@st.composite
def damaged(draw: st.DrawFn, content: bytes, suffix: str) -> bytes:
    """Draw a damaged version of a file's content."""
    kinds = [_bytes, _bytes, _lines]
    if suffix in (".json", ".safetensors"):
        kinds += [_json] * 4
    elif suffix in (".csv", ".tsv", ".txt", ".toml", ".md", ""):
        kinds += [_cells] * 4 + [_text] * 2
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        content = draw(st.sampled_from(kinds))(draw, content)
    return content


def _bytes(draw: st.DrawFn, content: bytes) -> bytes:
    n = len(content)
    start, end = sorted((draw(st.integers(0, n)), draw(st.integers(0, n))))
    what = draw(st.sampled_from(("empty", "cut", "flip", "drop", "twice", "insert", "zeros", "any")))
    match what:
        case "empty":
            return b""
        case "cut":
            return content[:end]
        case "flip" if n:
            at = min(start, n - 1)
            return content[:at] + bytes([content[at] ^ draw(st.integers(1, 255))]) + content[at + 1 :]
        case "drop":
            return content[:start] + content[end:]
        case "twice":
            return content[:end] + content[start:]
        case "zeros":
            return content[:start] + b"\0" * min(end - start, 512) + content[end:]
        case "insert":
            return content[:start] + draw(st.binary(max_size=20)) + content[start:]
    return draw(st.binary(max_size=200))


def _lines(draw: st.DrawFn, content: bytes) -> bytes:
    lines = content.split(b"\n")
    i, j = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    what = draw(st.sampled_from(("drop", "twice", "swap", "blank", "sort", "crlf", "cr", "no end", "first")))
    match what:
        case "drop":
            del lines[i]
        case "twice":
            lines.insert(j, lines[i])
        case "swap":
            lines[i], lines[j] = lines[j], lines[i]
        case "blank":
            lines.insert(i, b"")
        case "sort":
            lines = sorted(lines)
        case "first":
            lines = lines[:1]
        case "crlf":
            return content.replace(b"\r", b"").replace(b"\n", b"\r\n")
        case "cr":
            return content.replace(b"\n", b"\r")
        case "no end":
            return content.rstrip(b"\n")
    return b"\n".join(lines)


def _text(draw: st.DrawFn, content: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    if draw(st.booleans()):
        text = text.replace(draw(st.sampled_from(("\t", ",", ".", "=", '"'))), draw(st.sampled_from(NASTY)))
    return text.encode(draw(st.sampled_from(ENCODINGS)), "replace")


def _cells(draw: st.DrawFn, content: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    separator = "\t" if "\t" in text else "=" if "=" in text else ","
    rows = [line.split(separator) for line in text.split("\n")]
    i, k = (draw(st.integers(0, len(rows) - 1)) for _ in range(2))
    j, m = (draw(st.integers(0, len(rows[row]) - 1)) for row in (i, k))
    what = draw(st.sampled_from(("set", "set", "set", "swap", "drop", "add", "column", "name", "decimal")))
    match what:
        case "set":
            rows[i][j] = draw(st.sampled_from(NASTY) | st.text(max_size=5))
        case "swap":
            rows[i][j], rows[k][m] = rows[k][m], rows[i][j]
        case "drop":
            del rows[i][j]
        case "add":
            rows[i].insert(j, draw(st.sampled_from(NASTY)))
        case "column":
            rows = [[*row[:j], *row[j + 1 :]] for row in rows]
        case "name":
            rows[0][min(j, len(rows[0]) - 1)] = rows[0][0]
        case "decimal":
            rows[i][j] += ".5"
    return "\n".join(separator.join(row) for row in rows).encode()


def _json(draw: st.DrawFn, content: bytes) -> bytes:
    try:
        whole = json.loads(content)
    except ValueError:
        return _bytes(draw, content)
    places = list(_places(whole))
    if not places:
        return json.dumps(draw(st.sampled_from(VALUES))).encode()
    holder, key = draw(st.sampled_from(places))
    value = holder[key]
    what = draw(st.sampled_from(("set", "set", "drop", "add", "near", "nan", "twice")))
    if what == "drop":
        del holder[key]
    elif what == "add" and isinstance(holder, dict):
        holder[draw(st.text(max_size=5))] = draw(st.sampled_from(VALUES))
    elif what == "near" and isinstance(value, int | float):
        holder[key] = value + draw(st.sampled_from((1, -1, 0.5, 1e-9)))
    elif what == "near" and isinstance(value, str):
        holder[key] = draw(st.sampled_from((value[:-1], value.upper(), value + "x", "../" + value)))
    elif what == "near" and isinstance(value, list):
        holder[key] = draw(st.sampled_from((value[:-1], value[::-1], value + value)))
    elif what == "nan":
        holder[key] = float("nan")
    elif what == "twice" and isinstance(holder, list):
        holder.append(value)
    else:
        holder[key] = draw(st.sampled_from(VALUES))
    return json.dumps(whole, indent=2, ensure_ascii=False).encode("utf-8", "replace")


def _places(value: Any) -> Any:
    """Yield every place of a JSON value, as what holds it and its key there."""
    items: Any = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        yield value, key
        yield from _places(inner)


@st.composite
def mutation(draw: st.DrawFn, files: list[str], root: Path) -> tuple[str, str, bytes]:
    """Draw which file of a study is damaged, how, and what it holds then."""
    name = draw(st.sampled_from(files))
    how = draw(st.sampled_from(("content",) * 12 + ("delete", "folder", "copy", "rename", "other", "link")))
    content = (root / name).read_bytes()
    if how == "content":
        content = draw(damaged(content, Path(name).suffix))
    elif how == "other":
        alike = [each for each in files if Path(each).suffix == Path(name).suffix and each != name]
        content = (root / draw(st.sampled_from(alike or files))).read_bytes()
    return name, how, content


def apply(root: Path, name: str, how: str, content: bytes) -> None:
    """Damage a file of a study; other files, which may be links to the undamaged study's, stay."""
    path = root / name
    path.unlink()
    match how:
        case "content" | "other":
            path.write_bytes(content)
        case "folder":
            path.mkdir()
        case "copy":
            path.write_bytes(content)
            path.with_name(f"Copy of {path.name}").write_bytes(content)
            path.with_name(f"{path.stem} (1){path.suffix}").write_bytes(content)
        case "rename":
            path.with_name(f"{path.stem}-old{path.suffix}").write_bytes(content)
        case "link":
            path.symlink_to(path.name)


def linked_copy(source: Path, target: Path) -> None:
    """Copy a study in next to no time: files are links to the same content."""
    shutil.copytree(source, target, copy_function=os.link)
