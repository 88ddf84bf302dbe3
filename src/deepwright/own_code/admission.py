"""Which code of the user's this process may execute, and under which name its networks are models.

Code is executed only where the user names it: as the model to train, or with ``--allow-code`` for a run that was
trained with it. A run keeps the file's name and SHA-256, never its code, and is loaded with no other version of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from deepwright import registry
from deepwright.config.documents import Document
from deepwright.errors import UsageError, nearest
from deepwright.messages import _, listing
from deepwright.own_code.files import Code, classes_in, of_file, of_object

if TYPE_CHECKING:
    from torch import nn

#: A registered name, a file and class (``nets/my_net.py:Net``), a class, or a module, which every fit copies.
Model: TypeAlias = "str | type[nn.Module] | nn.Module"

_SHOWN = 12

#: Every version that the user has named in this process, by the file's name, the latest last.
_versions: dict[str, list[Code]] = {}


def admit(document: Document) -> None:
    """Admit the code that the settings name as their model, and call it by its file's name alone.

    Raises:
        UsageError: the file cannot be read, or no class is named.
    """
    given = document.values.get("model")
    section = dict(given) if isinstance(given, Mapping) else {"name": given}
    name = section.get("name")
    if isinstance(name, str) and (called := named(name)) != name:
        document.values["model"] = {**section, "name": called}


def named(model: Model) -> str:
    """What the settings call a model; code of the user's is admitted.

    Raises:
        UsageError: the file cannot be read, or no class is named.
    """
    if not isinstance(model, str):
        return f"{allow(model).name}:{(model if isinstance(model, type) else type(model)).__name__}"
    if ":" not in model and not model.endswith(".py"):
        return model
    path, _colon, attribute = model.rpartition(":")
    if not attribute.isidentifier():
        classes = list(classes_in(of_file(Path(model))))
        raise UsageError(
            _(
                "{model} has to be followed by the name of a class, such as {model}:{name}. Classes in it: {known}.",
                model=model,
                name=next(iter(classes), "Net"),
                known=listing(classes) or _("none"),
            )
        )
    return f"{allow(path).name}:{attribute}"


def allow(model: Model | Path) -> Code:
    """Admit a file, which is executed when it is first needed, a class or a module.

    Raises:
        UsageError: the file cannot be read, or what was given is no network.
    """
    code = of_file(Path(model)) if isinstance(model, str | Path) else of_object(model)
    known = _versions.setdefault(code.name, [])
    others = [version for version in known if (version.sha256, version.structure) != (code.sha256, code.structure)]
    _versions[code.name] = [*others, code]
    registry.admit("models", code.name, partial(_model, code.name))
    return code


def explained(error: BaseException) -> str | None:
    """An exception that passed through code of the user's, with its line, as one sentence; None if it did not."""
    frames, trace = set(), error.__traceback__
    while trace is not None:
        frames.add(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    codes = (code for versions in _versions.values() for code in versions if code.filename in frames)
    return next((code.failure(error) for code in codes), None)


def _model(file: str, attribute: str, recorded: Mapping[str, Any]) -> Callable[..., nn.Module]:
    """The model of a version of a file.

    Args:
        file: its name.
        attribute: of a class in it.
        recorded: the model's settings in a run; without ``sha256``, the latest version is meant.
    """
    from deepwright.own_code.modules import model_of

    code = _version(file, recorded)
    if code.member(attribute) is None:
        near = nearest(attribute, code.members)
        hint = _("Did you mean {names}?", names=listing(near)) if near else ""
        raise UsageError(
            _(
                "{file} has no class {name!r}. {hint} Classes in it: {known}.",
                file=file,
                name=attribute,
                hint=hint,
                known=listing(code.members) or _("none"),
            ).replace("  ", " ")
        )
    return model_of(code, attribute)


def _version(file: str, recorded: Mapping[str, Any]) -> Code:
    versions = _versions[file]
    if "sha256" not in recorded:
        return versions[-1]
    same = [version for version in versions if version.sha256 == recorded["sha256"]]
    if not same:
        raise UsageError(
            _(
                "{file} is not the file that was trained with: its SHA-256 begins with {found}, not with {expected}. "
                "Give that file; to train with this one, leave out model.sha256.",
                file=file,
                found=str(versions[-1].sha256)[:_SHOWN],
                expected=str(recorded["sha256"])[:_SHOWN],
            )
        )
    for version in same:
        if version.structure == recorded.get("structure"):
            return version
    raise UsageError(
        _(
            "The model from {file} was a module object, which cannot be made again from its class. Give one with the "
            "same layers, in Python: load(path, allow_code=module).",
            file=file,
        )
    )
