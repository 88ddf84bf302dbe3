"""No text that users read escapes the catalogue.

Found by their form, in Python: the message of an exception of ours, the help of the command line, what is printed to
a console or put into a table; in templates: letters between tags, in attributes that are read aloud, and in literals
that an expression prints. Names, commands and code are not prose: markup, ``<code>`` and ``deepwright`` are left out.
"""

from __future__ import annotations

import ast
import html
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

import deepwright
from deepwright import errors

PACKAGE = Path(deepwright.__file__).parent
TEMPLATES = PACKAGE / "reporting" / "templates"

EXCEPTIONS = {name for name, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, Exception)}
HELP_KEYWORDS = {"help", "description", "epilog", "title"}
SHOWING_METHODS = {"print", "add_column", "add_row", "write"}
SHOWING_KEYWORDS = {"header", "footer", "caption"}

LETTER = re.compile(r"[^\W\d_]")
RICH_MARKUP = re.compile(r"\[/?[a-z0-9 #_.]*\]")
PROPER_NAME = re.compile(r"\bdeepwright\b", re.IGNORECASE)


def has_words(text: str) -> bool:
    """Whether letters are left when markup and the program's own name are taken away."""
    return LETTER.search(PROPER_NAME.sub("", RICH_MARKUP.sub("", text))) is not None


# ------------------------------------------------------------------------------------------------- Python


def in_python(source: str) -> list[tuple[int, str]]:
    """Line and text of every literal that users would read untranslated."""
    return sorted(
        (part.lineno, ast.unparse(part))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        for shown in _shown_arguments(node)
        for part in _literals(shown)
    )


def _shown_arguments(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that end before a user's eyes."""
    name = _last_name(call.func)
    if name in EXCEPTIONS or name == "add_argument_group":
        yield from call.args[:1]
    elif isinstance(call.func, ast.Attribute) and name in SHOWING_METHODS and _is_shown(_last_name(call.func.value)):
        yield from call.args
        yield from (keyword.value for keyword in call.keywords if keyword.arg in SHOWING_KEYWORDS)
    elif isinstance(call.func, ast.Name) and name == "print":
        yield from call.args
    for keyword in call.keywords:
        in_words = keyword.arg == "metavar" and re.search(r"[a-z]", ast.unparse(keyword.value))
        if keyword.arg in HELP_KEYWORDS or in_words:
            yield keyword.value


def _last_name(node: ast.expr) -> str:
    """``console`` of ``console``, ``self.console`` and ``make_console()``'s own name of a call."""
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_shown(name: str) -> bool:
    return name.casefold().endswith(("console", "table", "stdout", "stderr"))


def _literals(node: ast.expr) -> Iterator[ast.expr]:
    """The literals with words that make up the value of an expression, where nothing translates them."""
    match node:
        case ast.Constant(value=str(text)):
            if has_words(text):
                yield node
        case ast.JoinedStr(values=values):
            if has_words("".join(v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str))):
                yield node
            for value in values:
                if isinstance(value, ast.FormattedValue):
                    yield from _literals(value.value)
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod()):
            yield from _literals(left)
            if isinstance(node.op, ast.Add):
                yield from _literals(node.right)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body)
            yield from _literals(orelse)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _literals(value)
        case ast.Call(func=ast.Attribute(value=text, attr="format" | "join" | "strip" | "replace" | "upper" | "title")):
            yield from _literals(text)


def test_python_source() -> None:
    found = [
        f"{file.relative_to(PACKAGE)}:{line}: {text}"
        for file in sorted(PACKAGE.rglob("*.py"))
        for line, text in in_python(file.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(["put these into _(…):", *found])


@pytest.mark.parametrize(
    "source",
    [
        'raise DataError("The file is empty.")',
        'raise errors.DataError(f"{path} is empty.")',
        'raise ConfigError("Give " + key)',
        'raise ConfigError("Give {key}".format(key=key))',
        'raise ConfigError("Give %s" % key)',
        'raise RunError("unfinished" if killed else _("changed"))',
        "raise RunError(f\"{path}: {reason or 'changed'}\")",
        'raise UnknownNameError("model", name, known)',
        'parser.add_argument("--name", help="name of the run")',
        'ArgumentParser(description="Train a model.")',
        'ArgumentParser(epilog="More in the guide.")',
        'parser.add_argument_group("output")',
        'parser.add_argument("--name", metavar="a name")',
        'console.print("Done.")',
        'self.console.print(f"[bold]{n} rows[/bold]")',
        'make_console().print("Done.")',
        'table.add_column("Metric")',
        'table.add_column(header="Metric")',
        'table.add_row(name, "none")',
        'Table(title="Results")',
        'sys.stdout.write("Done.")',
        'print("Done.")',
    ],
)
def test_finder_finds(source: str) -> None:
    assert len(in_python(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'raise DataError(_("The file is empty."))',
        "raise DataError(message)",
        'raise DataError(f"{path}: {reason}")',
        'raise DataError(" ".join([_("one"), _("two")]))',
        'raise UnknownNameError(_("model"), "name", known)',
        'raise KeyError("a programmer\'s mistake")',
        'parser.add_argument("--name", help=_("name of the run"))',
        'parser.add_argument("--name", metavar="NAME")',
        'console.print(f"[bold]{title}[/bold]")',
        'console.print("[dim]deepwright[/dim]", version)',
        'console.print(table, style="bold")',
        'table.add_row(name, "–", f"{value:.4f}")',
        'file.write("anything")',
    ],
)
def test_finder_lets_pass(source: str) -> None:
    assert in_python(source) == []


# ---------------------------------------------------------------------------------------------- templates

_NOT_PROSE = (
    r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}",
    r"<!--.*?-->",
    r"<(style|script|code|pre)\b.*?</\1\s*>",
)
_NOT_PROSE_IN_MARKDOWN = (r"\A---\n.*?\n---\n", r"```.*?```", r"`[^`\n]*`")
_READ_ALOUD = re.compile(r"""\b(?:title|alt|aria-label|placeholder)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def in_template(source: str, markdown: bool = False) -> list[tuple[int, str]]:
    """Line and text of every piece of prose that a template holds outside ``_(…)``."""
    prose = source
    for pattern in (*_NOT_PROSE, *(_NOT_PROSE_IN_MARKDOWN if markdown else ())):
        prose = re.sub(pattern, _blank, prose, flags=re.DOTALL)
    found = [
        (prose.count("\n", 0, match.start()) + 1, match.group(1) or match.group(2) or "")
        for match in _READ_ALOUD.finditer(prose)
    ]
    found += enumerate(re.sub(r"<[^<>]*>", _blank, prose).split("\n"), start=1)
    found += _printed_literals(source)
    return sorted((line, text.strip()) for line, text in found if has_words(html.unescape(text)))


def _blank(match: re.Match[str]) -> str:
    """As many lines as were taken away, so that the numbers of the others stay right."""
    return "\n" * match.group().count("\n") or " "


def _printed_literals(source: str) -> list[tuple[int, str]]:
    outputs = jinja2.Environment().parse(source).find_all(nodes.Output)
    return [(output.lineno, text) for output in outputs for text in _values(output.nodes)]


def _values(expressions: Iterable[nodes.Expr | None]) -> Iterator[str]:
    """The literals that expressions of a template may print as they are."""
    for node in expressions:
        match node:
            case nodes.Const(value=str(text)):
                yield text
            case nodes.CondExpr(expr1=one, expr2=other) | nodes.Or(left=one, right=other):
                yield from _values((one, other))
            case nodes.Add(left=one, right=other):
                yield from _values((one, other))
            case nodes.Concat(nodes=parts):
                yield from _values(parts)


def test_templates() -> None:
    found = [
        f"{file.relative_to(PACKAGE)}:{line}: {text}"
        for file in sorted(path for path in TEMPLATES.rglob("*") if path.is_file())
        if file.suffix not in (".css", ".js")
        for line, text in in_template(file.read_text(encoding="utf-8"), markdown=".md" in file.suffixes)
    ]
    assert not found, "\n".join(["put these into {{ _(…) }}:", *found])


@pytest.mark.parametrize(
    ("source", "line", "text"),
    [
        ("<p>\nResults</p>", 2, "Results"),
        ("<p>{{ value }} rows</p>", 1, "rows"),
        ("<style>\np { color: red }\n</style><h1>Report</h1>", 3, "Report"),
        ('<img alt="a plot">', 1, "a plot"),
        ("<a title='more'>{{ x }}</a>", 1, "more"),
        ('<svg aria-label="{{ n }} bars"></svg>', 1, "bars"),
        ('<p>{{ "yes" if ok else _("no") }}</p>', 1, "yes"),
        ('<p>{{ value or "none" }}</p>', 1, "none"),
        ('<p>{{ n ~ " rows" }}</p>', 1, "rows"),
    ],
)
def test_template_finder_finds(source: str, line: int, text: str) -> None:
    assert in_template(source) == [(line, text)]


def test_prose_around_the_front_matter_of_markdown_is_found() -> None:
    source = "---\nlicense: {{ licence }}\n---\n# {{ name }}\n\nUse `deepwright predict`:\n```\ncode\n```\n"
    assert in_template(source, markdown=True) == [(6, "Use  :")]


@pytest.mark.parametrize(
    "source",
    [
        '<h1>{{ _("Report") }}</h1>',
        "{# a remark #}{% if rows %}<b>{{ rows }}</b>{% endif %}",
        '<script>let words = "{{ data }}"; if (a < b) run()</script>',
        '<!doctype html><html lang="{{ language }}"><title>deepwright</title>',
        "<p>&mdash;&nbsp;{{ value }} %</p><code>pip install</code>",
        '<img alt="{{ _("a plot") }}" class="wide">',
        '<p>{{ value | round(2) ~ ", " ~ row["name"] }}</p>',
    ],
)
def test_template_finder_lets_pass(source: str) -> None:
    assert in_template(source) == []
