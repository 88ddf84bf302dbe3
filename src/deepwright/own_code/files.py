"""Versions of the user's code: a file by its SHA-256, or what was given from Python."""

from __future__ import annotations

import ast
import hashlib
import inspect
import linecache
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepwright.errors import UsageError
from deepwright.messages import _
from deepwright.paths import expanded

if TYPE_CHECKING:
    from torch import nn


@dataclass
class Code:
    """One version of a file of the user's.

    Attributes:
        name: the file's name, without its folder; the module's, of code that stands in no file.
        sha256: of the file; None where no source is at hand.
        filename: as tracebacks have it.
        structure: SHA-256 of a module that was given as it is: of its layers and shapes, not of its weights.
        source: to be executed when a class of it is first needed; None once it was, or of what is there already.
        members: classes by name, or the module that was given.
    """

    name: str
    sha256: str | None
    filename: str
    structure: str | None = None
    source: bytes | None = None
    members: dict[str, Any] = field(default_factory=dict)

    def member(self, name: str) -> Any:
        """A class, or the module that was given; None if there is none of that name.

        Raises:
            UsageError: the file is not Python, or raises.
        """
        if self.source is not None:
            self.members, self.source = _execute(self, self.source), None
        return self.members.get(name)

    def failure(self, error: BaseException) -> str:
        """An exception that this code raised, with its line, as one sentence."""
        line, trace = None, error.__traceback__
        while trace is not None:
            line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == self.filename else line
            trace = trace.tb_next
        problem = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".: ")
        if line is None:
            return _("{file}: {problem}.", file=self.name, problem=problem)
        return _("{file}, line {line}: {problem}.", file=self.name, line=line, problem=problem)


def of_file(path: Path) -> Code:
    """The version that a file holds now; it is not executed.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        source = expanded(path).read_bytes()
    except OSError as error:
        raise UsageError(_("{path} cannot be read: {problem}.", path=path, problem=error.strerror)) from None
    return Code(path.name, hashlib.sha256(source).hexdigest(), str(path), source=source)


def of_object(model: type[nn.Module] | nn.Module) -> Code:
    """The version that a class or a module is from; a module is copied as it is now.

    Raises:
        UsageError: it is no torch.nn.Module, or cannot be copied.
    """
    from deepwright.own_code.modules import checked_class, structure
    from deepwright.own_code.trial import copied

    cls = checked_class(model if isinstance(model, type) else type(model))
    filename = _filename(cls)
    if cls.__module__.partition(".")[0] == "torch":  # a module object of PyTorch's own layers
        name, source = "torch", b""
    elif Path(filename).is_file():
        name, source = Path(filename).name, Path(filename).read_bytes()
    else:  # a cell of a notebook, whose lines Python keeps, or the prompt, whose lines it does not
        name, source = cls.__module__, "".join(linecache.getlines(filename)).encode()
    code = Code(name, hashlib.sha256(source).hexdigest() if source else None, filename)
    if isinstance(model, type):
        code.members[cls.__name__] = model
    else:
        code.members[cls.__name__], code.structure = copied(code, model), structure(model)
    return code


def classes_in(code: Code) -> Iterator[str]:
    """The names of the classes in a file, read without executing it."""
    try:
        body = ast.parse(code.source or b"").body
    except (SyntaxError, ValueError):
        return
    yield from (node.name for node in body if isinstance(node, ast.ClassDef))


def _execute(code: Code, source: bytes) -> dict[str, Any]:
    """Run a file and return the classes that it defines."""
    module = types.ModuleType(f"own_code_{Path(code.name).stem}_{code.sha256}")
    module.__file__ = code.filename
    sys.modules[module.__name__] = module  # where dataclasses and type hints look their module up
    try:
        exec(compile(source, code.filename, "exec"), module.__dict__)
    except (SyntaxError, ValueError) as error:
        if not isinstance(error, SyntaxError) or error.filename != code.filename:
            raise UsageError(code.failure(error)) from None
        raise UsageError(
            _("{file}, line {line}: not Python: {problem}.", file=code.name, line=error.lineno, problem=error.msg)
        ) from None
    except (Exception, SystemExit) as error:
        raise UsageError(code.failure(error)) from None
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__
    }


def _filename(cls: type[Any]) -> str:
    try:
        return inspect.getfile(cls)
    except (TypeError, OSError):
        functions = (value for value in vars(cls).values() if inspect.isfunction(value))
        return next((function.__code__.co_filename for function in functions), "")
