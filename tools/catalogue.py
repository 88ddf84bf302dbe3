"""Keep the catalogue of texts that users read in step with the source.

    python tools/catalogue.py update    collect the texts, keep their translations, compile
    python tools/catalogue.py check     exit 1 and say what is missing, obsolete, or not compiled

Texts come from calls of ``_`` and ``plural`` in Python files and templates, from the titles of registered members,
and from what docstrings say about settings. ``update`` translates nothing: it leaves new texts empty, and drops
those that the source no longer has, printing the translation they had.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import inspect
import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from deepwright import registry
from deepwright.config import settings
from deepwright.config.fields import argument_docs
from deepwright.messages import LOCALE_DIRECTORY, choose_language

LANGUAGE = "zh"
PACKAGE = LOCALE_DIRECTORY.parent
TEMPLATES = PACKAGE / "reporting" / "templates"
PO = LOCALE_DIRECTORY / LANGUAGE / "LC_MESSAGES" / "deepwright.po"

#: The kinds of members whose own settings are shown to users.
CONFIGURABLE = ("models", "optimizers", "schedules", "encoders", "readers", "metrics")

#: A text, or the singular and plural of one.
Text = str | tuple[str, str]


class _Catalogue(Catalog):
    """A catalogue whose header holds nothing that changes by itself, so that equal texts give equal files."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "deepwright"),
            ("Language", LANGUAGE),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]


# --------------------------------------------------------------------------------------------- collecting


def texts() -> dict[Text, str]:
    """Every text of the source with the first place it stands in."""
    found: dict[Text, str] = {}
    for text, place in (*_in_python(), *_in_templates(), *_in_docstrings()):
        if text and text not in found:
            found[text] = place
    return found


def _in_python() -> Iterator[tuple[Text, str]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        for text, line in texts_of_source(file.read_text(encoding="utf-8")):
            yield text, f"{_shown(file)}:{line}"


def texts_of_source(source: str) -> Iterator[tuple[Text, int]]:
    """The texts of the calls of ``_`` and ``plural`` in Python source, however deep one stands within another.

    Babel's own extractor works on tokens and overlooks a call within the arguments of a call within a call.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            for text in _given(node.func.id, given):
                yield text, node.lineno


def _given(function: str, arguments: Iterable[object]) -> list[Text]:
    """The text that a call gives by its literal arguments, if it is one of ours."""
    strings = [argument for argument in arguments if isinstance(argument, str)]
    if function == "_" and len(strings) == 1:
        return [strings[0]]
    if function == "plural" and len(strings) == 2:
        return [(strings[0], strings[1])]
    return []


def _in_templates() -> Iterator[tuple[Text, str]]:
    for file in sorted(path for path in TEMPLATES.rglob("*") if path.is_file()):
        with file.open("rb") as stream:
            for line, function, given, _comments in babel_extract(stream, ("_", "plural"), (), {"silent": "false"}):
                for text in _given(function, (given,) if isinstance(given, str) else given or ()):
                    yield text, f"{_shown(file)}:{line}"


def _in_docstrings() -> Iterator[tuple[Text, str]]:
    choose_language("en")  # a title is then what stands in the source
    for section in vars(settings).values():
        if dataclasses.is_dataclass(section) and inspect.getmodule(section) is settings:
            for meaning in argument_docs(inspect.getdoc(section) or "").values():
                yield meaning, _shown(Path(settings.__file__))
    for kind in registry.KINDS:
        for entry in registry.entries(kind).values():
            if not entry.module.startswith("deepwright."):
                continue
            file = PACKAGE.parent.joinpath(*entry.module.split(".")).with_suffix(".py")
            yield entry.title, _shown(file)
            if kind in CONFIGURABLE:
                for meaning in setting_docs(ast.parse(file.read_bytes())):
                    yield meaning, _shown(file)


def setting_docs(module: ast.Module) -> list[str]:
    """What the docstring of a module's member says about each of its settings; nothing is imported."""
    exported = [
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)
    ]
    names = [name for group in exported for name in group]
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in names:
            meanings = argument_docs(ast.get_docstring(node) or "")
            known = _settings(node)
            return [meaning for name, meaning in meanings.items() if known is None or name in known]
    return []


def _settings(node: ast.ClassDef | ast.FunctionDef) -> set[str] | None:
    """The names of the keyword-only arguments; None if the signature is inherited and cannot be seen."""
    if isinstance(node, ast.FunctionDef):
        return {argument.arg for argument in node.args.kwonlyargs}
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            return _settings(statement)
    return None


# ------------------------------------------------------------------------------------------------ merging


def read(file: Path) -> Catalog:
    """The catalogue in a .po file; empty if there is none."""
    if not file.exists():
        return _Catalogue(locale=LANGUAGE)
    with file.open("rb") as stream:
        return read_po(stream, locale=LANGUAGE, domain="deepwright")


def merge(wanted: Iterable[Text], old: Catalog) -> Catalog:
    """A catalogue of exactly the wanted texts, in order, with the translations that the old one has for them."""
    merged = _Catalogue(locale=LANGUAGE, domain="deepwright", header_comment="", fuzzy=False)
    for text in sorted(wanted, key=_parts):
        known = old.get(text)
        kept = known if known is not None and known.id == text else None
        message = merged.add(
            text,
            kept.string if kept else "",
            flags=kept.flags & {"fuzzy"} if kept else (),
            user_comments=kept.user_comments if kept else (),
        )
        message.flags -= {"python-format", "python-brace-format"}  # Babel guesses them from single characters
    return merged


def po_bytes(catalogue: Catalog) -> bytes:
    """The catalogue as a .po file: no places, no dates, no wrapped lines."""
    stream = io.BytesIO()
    write_po(stream, catalogue, width=0, no_location=True, ignore_obsolete=True)
    return stream.getvalue().strip(b"\n") + b"\n"


def mo_bytes(catalogue: Catalog) -> bytes:
    """The catalogue compiled."""
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def update(po: Path = PO) -> list[str]:
    """Bring the .po file in step with the source and compile it; returns what the translator should know."""
    old, found = read(po), texts()
    merged = merge(found, old)
    po.parent.mkdir(parents=True, exist_ok=True)
    po.write_bytes(po_bytes(merged))
    po.with_suffix(".mo").write_bytes(mo_bytes(merged))
    dropped = [message for message in old if message.id and _text(message) not in found]
    missing = sum(1 for message in merged if message.id and not _translated(message))
    return [
        *(f"dropped: {message.id!r}, which was {message.string!r}" for message in dropped),
        f"{len(found)} texts, {missing} of them without translation: {_shown(po)}",
    ]


# ----------------------------------------------------------------------------------------------- checking


def problems(found: Mapping[Text, str] | None = None, po: Path = PO) -> list[str]:
    """Everything that keeps the catalogue from being complete, in words; empty if nothing does."""
    found = texts() if found is None else found
    catalogue = read(po)
    known = {_text(message): message for message in catalogue if message.id}
    result = [f"{place}: {text!r} is not in the catalogue" for text, place in found.items() if text not in known]
    result += [f"{text!r} is in the catalogue but no longer in the source" for text in known if text not in found]
    result += [f"{text!r} is kept in the catalogue as obsolete" for text in catalogue.obsolete]
    for text, message in known.items():
        if text not in found:
            continue
        if not _translated(message):
            result.append(f"{found[text]}: {text!r} has no translation")
        elif placeholders(_parts(text)) != placeholders(_parts(message.string)):
            result.append(f"{found[text]}: {text!r} and {message.string!r} differ in their {{placeholders}}")
    return result or _stale(found, catalogue, po)


def _stale(found: Iterable[Text], catalogue: Catalog, po: Path) -> list[str]:
    merged = merge(found, catalogue)
    wanted = {po: po_bytes(merged), po.with_suffix(".mo"): mo_bytes(merged)}
    return [
        f"{_shown(file)} is not what `python tools/catalogue.py update` writes"
        for file, content in wanted.items()
        if not file.exists() or file.read_bytes() != content
    ]


def placeholders(parts: Iterable[str]) -> set[str] | None:
    """The names within braces; None for a text that is not meant to be formatted."""
    try:
        return {name for part in parts for _literal, name, _spec, _form in Formatter().parse(part) if name is not None}
    except ValueError:
        return None


def _text(message: Message) -> Text:
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def _translated(message: Message) -> bool:
    return not message.fuzzy and all(_parts(message.string))


def _parts(text: str | Iterable[str] | None) -> tuple[str, ...]:
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def _shown(file: Path) -> str:
    return file.relative_to(PACKAGE.parents[1]).as_posix() if file.is_relative_to(PACKAGE.parents[1]) else str(file)


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("update", "check"))
    command = parser.parse_args(arguments).command
    lines = update() if command == "update" else problems()
    print(*lines, sep="\n")
    return 1 if command == "check" and lines else 0


if __name__ == "__main__":
    sys.exit(main())
