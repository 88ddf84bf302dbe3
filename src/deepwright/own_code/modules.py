"""A network of the user's as a model: its settings, its recipe, and whether it can be trained at all.

    class Net(nn.Module):                                       # sizes as its author knows them
        def __init__(self, hidden_dim: int = 64): ...

    class Net(nn.Module):                                       # sizes as the data has them
        def __init__(self, inputs, outputs, *, hidden_dim: int = 64): ...

Parameters named ``inputs`` and ``outputs``, or annotated as a Spec, get the Specs; all others are settings. A network
that continues texts yields logits of the next token at every step, [B, T, V], each from the tokens up to that step.
"""

from __future__ import annotations

import hashlib
import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from torch import nn
from torch.nn.parameter import is_lazy

from deepwright.config.fields import argument_docs
from deepwright.contracts import Recipe
from deepwright.errors import DeepwrightError, UsageError
from deepwright.messages import _
from deepwright.own_code.continuing import step_by_window
from deepwright.own_code.files import Code
from deepwright.own_code.trial import copied, try_out
from deepwright.specs import OutputSpec, Spec, TokensSpec

_ROLES: Mapping[str, Any] = {"inputs": Spec, "outputs": OutputSpec | TokensSpec}
#: Of a network that learns how texts go on: tokens of a step, and of all steps at most.
_TOKENS_OF_A_STEP, _TOKENS = 2_048, 3_000_000


def checked_class(cls: Any) -> type[nn.Module]:
    """The class, if it is one of networks.

    Raises:
        UsageError: it is not.
    """
    if not (isinstance(cls, type) and issubclass(cls, nn.Module)):
        name = getattr(cls, "__name__", repr(cls))
        raise UsageError(_("{name} is no torch.nn.Module, so that it cannot be trained.", name=name))
    return cls


def structure(module: nn.Module) -> str:
    """SHA-256 of a module's layers and of the shapes of its weights."""
    tensors = {name: None if is_lazy(tensor) else tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    return hashlib.sha256(f"{module!r}\n{tensors!r}".encode()).hexdigest()


def model_of(code: Code, name: str) -> Callable[..., nn.Module]:
    """A function of two Specs and keyword-only settings that gives the user's network, like a registered model.

    Raises:
        UsageError: the class is no ``torch.nn.Module``.
    """
    thing = code.member(name)
    given = isinstance(thing, nn.Module)
    cls = type(thing) if given else checked_class(thing)
    parameters = {} if given else _parameters(cls)
    roles = dict(_roles(parameters))

    def build(inputs: Spec, outputs: OutputSpec | TokensSpec, **settings: Any) -> nn.Module:
        specs = {parameter: {"inputs": inputs, "outputs": outputs}[role] for parameter, (role, _kind) in roles.items()}
        own = {key: value for key, value in settings.items() if key in parameters}
        try:
            module = copied(code, thing) if given else cls(**specs, **own)
        except DeepwrightError:
            raise
        except Exception as error:
            raise UsageError(code.failure(error)) from None
        try_out(code, name, module, inputs, outputs)
        module.__dict__.setdefault("recipe", recipe)
        if isinstance(outputs, TokensSpec) and not hasattr(module, "step"):
            module.__dict__["step"] = partial(step_by_window, module, outputs.max_seq_len)
        return module

    recipe = _recipe(code, cls)
    fields = {**_identity(code), **{key: field for key, field in parameters.items() if key not in roles}}
    kinds = {**_ROLES, **dict(roles.values())}
    signature = inspect.Signature(
        [
            *(inspect.Parameter(role, inspect.Parameter.POSITIONAL_OR_KEYWORD) for role in kinds),
            *(field.replace(kind=inspect.Parameter.KEYWORD_ONLY) for field in fields.values()),
        ]
    )
    meanings = argument_docs(inspect.getdoc(cls) or "") | {
        "sha256": _("SHA-256 of the file; the network is made from no other version of it"),
        "structure": _("SHA-256 of the layers and shapes of the module that was given; another one is not taken"),
    }
    build.__doc__ = "\n".join([name, "", "Args:", *(f"    {key}: {meaning}" for key, meaning in meanings.items())])
    build.__annotations__ = {**kinds, **{key: field.annotation for key, field in fields.items()}}
    build.__dict__.update(__signature__=signature, recipe=recipe)
    return build


def _identity(code: Code) -> dict[str, inspect.Parameter]:
    """The settings by which a run knows the code again."""
    known = {"sha256": code.sha256} | ({} if code.structure is None else {"structure": code.structure})
    return {
        key: inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=value, annotation=str | None)
        for key, value in known.items()
    }


def _parameters(cls: type[nn.Module]) -> dict[str, inspect.Parameter]:
    """What the constructor takes by name and a configuration can hold, with types that can be checked."""
    try:
        hints = get_type_hints(cls.__init__, include_extras=True)
    except (NameError, TypeError, AttributeError):
        hints = {}
    found = {}
    for name, parameter in list(inspect.signature(cls.__init__).parameters.items())[1:]:
        named = parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        kind = hints.get(name, Any)
        if named and (parameter.default is inspect.Parameter.empty or _is_plain(parameter.default)):
            found[name] = parameter.replace(annotation=kind if _is_spec(kind) or _can_be_checked(kind) else Any)
    return found


def _roles(parameters: Mapping[str, inspect.Parameter]) -> Iterator[tuple[str, tuple[str, Any]]]:
    """For each parameter that gets a Spec, whether that is ``inputs`` or ``outputs``, and of which kind."""
    for name, parameter in parameters.items():
        kind = parameter.annotation
        if _is_spec(kind):
            learnt = all(issubclass(one, OutputSpec | TokensSpec) for one in _kinds(kind))
            yield name, ("outputs" if learnt else "inputs", kind)
        elif name in _ROLES and kind is Any:
            yield name, (name, _ROLES[name])


def _is_spec(kind: Any) -> bool:
    return all(isinstance(one, type) and issubclass(one, Spec) for one in _kinds(kind))


def _kinds(kind: Any) -> tuple[Any, ...]:
    """Those that a union allows; else the one."""
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _is_plain(value: Any) -> bool:
    try:
        msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _can_be_checked(kind: Any) -> bool:
    try:
        msgspec.json.schema(kind)
    except (TypeError, RuntimeError):
        return False
    return True


def _recipe(code: Code, cls: type[nn.Module]) -> Callable[[int, Spec, Spec], Recipe]:
    """The class's own recipe, checked, or the default."""
    own = getattr(cls, "recipe", None)
    if own is None:
        return _default_recipe

    def checked(num_examples: int, inputs: Spec, outputs: Spec) -> Recipe:
        try:
            answer = own(num_examples, inputs, outputs)
        except Exception as error:
            raise UsageError(code.failure(error)) from None
        if not isinstance(answer, Recipe):
            raise UsageError(
                _(
                    "{file}: recipe of {name} gives {found}; a deepwright.contracts.Recipe is needed.",
                    file=code.name,
                    name=cls.__name__,
                    found=type(answer).__name__,
                )
            )
        return answer

    return checked


def _default_recipe(num_examples: int, inputs: Spec, outputs: Spec) -> Recipe:
    """Careful: about 1,500 steps on small data, ten passes over tens of thousands; of texts, three million tokens."""
    if isinstance(outputs, TokensSpec):
        batch_size = max(1, min(_TOKENS_OF_A_STEP // outputs.max_seq_len, num_examples // 4))
        epochs = max(1, min(5, round(_TOKENS / (num_examples * outputs.max_seq_len))))
        return Recipe(epochs=epochs, batch_size=batch_size, learning_rate=1e-3)
    if num_examples < 10_000:
        return Recipe(epochs=max(4, min(60, 50_000 // num_examples)), batch_size=32, learning_rate=1e-3)
    return Recipe(epochs=10, batch_size=64, learning_rate=1e-3)
