"""YAML 1.2 core rules, with the line of every key.

Plain PyYAML follows YAML 1.1, where ``1e-3`` is text, ``no`` is false and ``010`` is eight. Here they are
a number, text and ten, as the YAML 1.2 core schema says (https://yaml.org/spec/1.2.2/, section 10.3.2).
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from deepwright.errors import ConfigError
from deepwright.messages import _

KeyPath = tuple[str, ...]
Lines = dict[KeyPath, int]

_TAG = "tag:yaml.org,2002:"
_RULES: tuple[tuple[str, str, str], ...] = (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN",
        "-+.0123456789",
    ),
)
_PATTERNS = {tag: re.compile(f"^(?:{pattern})$") for tag, pattern, _first in _RULES}


class _CoreLoader(yaml.SafeLoader):
    """Composes nodes by the core rules; values are built by ``_value`` below."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # as PyYAML declares it


class _CoreDumper(yaml.SafeDumper):
    """Quotes what the core rules would read as something other than text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # as PyYAML declares it

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


for _tag, _pattern, _first in _RULES:
    for _class in (_CoreLoader, _CoreDumper):
        _class.add_implicit_resolver(f"{_TAG}{_tag}", _PATTERNS[_tag], ["" if c == "\0" else c for c in _first])
_CoreDumper.add_representer(float, lambda dumper, number: dumper.represent_scalar(f"{_TAG}float", _digits(number)))
# Only double quotes keep U+0085: elsewhere PyYAML reads it as the end of a line.
_CoreDumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar(f"{_TAG}str", text, style='"' if "\x85" in text else None)
)


def parse(text: str, source: str) -> tuple[Any, Lines]:
    """Read one YAML document.

    Args:
        text: the document.
        source: what to call it in an error, usually the file's name.

    Returns:
        The value and the line (from 1) of every key and of every item of a list, by its path.

    Raises:
        ConfigError: the text is not YAML, repeats a key, or has a key that is not text or a tag that is not supported.
    """
    lines: Lines = {}
    try:
        node = yaml.compose(text, Loader=_CoreLoader)
        return (None if node is None else _value(node, (), lines, source, ())), lines
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_explain(error, text, source)) from None
    except yaml.reader.ReaderError as error:
        line, found = text.count("\n", 0, error.position) + 1, f"U+{error.character:04X}"
        raise ConfigError(
            _(
                "{source}, line {line}: YAML does not allow the character {found}.",
                source=source,
                line=line,
                found=found,
            )
        ) from None
    except RecursionError:
        raise ConfigError(_("{source}: sections are nested too deeply to be read.", source=source)) from None


def parse_scalar(text: str) -> Any:
    """One value as it would be read in a file; used by ``--set key=value``."""
    return parse(text, "--set")[0]


def dump(value: Any) -> str:
    """Write plain data so that ``parse`` reads the same back, keys in their given order."""
    return yaml.dump(
        value, Dumper=_CoreDumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100
    )


def _value(node: yaml.Node, path: KeyPath, lines: Lines, source: str, parents: tuple[int, ...]) -> Any:
    line = node.start_mark.line + 1
    if id(node) in parents:
        raise ConfigError(
            _(
                "{source}, line {line}: an alias within {key!r} refers to the section it stands in.",
                source=source,
                line=line,
                key=".".join(path),
            )
        )
    parents = (*parents, id(node))
    if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
        return _mapping(node, path, lines, source, parents)
    if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
        lines.update({(*path, str(i)): item.start_mark.line + 1 for i, item in enumerate(node.value)})
        return [_value(item, (*path, str(i)), lines, source, parents) for i, item in enumerate(node.value)]
    return _scalar(node, path, source, line)


def _mapping(
    node: yaml.MappingNode, path: KeyPath, lines: Lines, source: str, parents: tuple[int, ...]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _value(key_node, path, {}, source, parents)
        if not isinstance(key, str):
            raise ConfigError(
                _(
                    "{source}, line {line}: the key {key} is not text; put it in quotes.",
                    source=source,
                    line=line,
                    key=key_node.value if isinstance(key_node, yaml.ScalarNode) else key,
                )
            )
        here = (*path, key)
        if key in result:
            raise ConfigError(
                _(
                    "{source}, line {line}: the key {key!r} stands here again; "
                    "it was first given in line {first}. Keep one of the two.",
                    source=source,
                    line=line,
                    key=".".join(here),
                    first=lines[here],
                )
            )
        lines[here] = line
        result[key] = _value(value_node, here, lines, source, parents)
    return result


def _scalar(node: yaml.Node, path: KeyPath, source: str, line: int) -> Any:
    text: Any = node.value
    kind = node.tag.removeprefix(_TAG)
    if kind == "str" and isinstance(text, str):
        return text
    if kind not in _PATTERNS or not isinstance(text, str) or not _PATTERNS[kind].match(text):
        raise ConfigError(
            _(
                "{source}, line {line}: {key!r} has the tag {tag}, which is not supported; write it without a tag.",
                source=source,
                line=line,
                key=".".join(path),
                tag=node.tag.replace(_TAG, "!!"),
            )
        )
    match kind:
        case "null":
            return None
        case "bool":
            return text.casefold() == "true"
        case "int":
            return _whole(text, path, source, line)
        case _float:
            return float(text.casefold().replace(".inf", "inf").replace(".nan", "nan"))


def _whole(text: str, path: KeyPath, source: str, line: int) -> int:
    try:
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    except ValueError:  # Python reads at most sys.get_int_max_str_digits() decimal digits
        raise ConfigError(
            _(
                "{source}, line {line}: the number of {key!r} has too many digits.",
                source=source,
                line=line,
                key=".".join(path),
            )
        ) from None


def _explain(error: yaml.MarkedYAMLError, text: str, source: str) -> str:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    lines = text.splitlines()
    shown = lines[line - 1] if line <= len(lines) else ""
    if "\t" in shown[: len(shown) - len(shown.lstrip())] or "'\\t'" in str(error.problem):
        return _(
            "{source}, line {line}: a tab stands here; put spaces in its place.",
            source=source,
            line=line,
        )
    problem = _one_line(error.problem)
    return _(
        "{source}, line {line}, column {column} is not YAML: {problem}.",
        source=source,
        line=line,
        column=mark.column + 1 if mark else 1,
        problem=f"{error.context}, {problem}" if problem.startswith("but ") else problem,
    )


def _one_line(problem: object) -> str:
    return " ".join(str(problem).split())


def _digits(number: float) -> str:
    if math.isnan(number):
        return ".nan"
    if math.isinf(number):
        return ".inf" if number > 0 else "-.inf"
    return repr(number)
