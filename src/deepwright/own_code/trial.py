"""Trial: two examples through the user's network, forward and back, before anything is trained."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from deepwright.errors import UsageError
from deepwright.messages import _
from deepwright.own_code.continuing import first_told
from deepwright.own_code.files import Code
from deepwright.specs import OutputSpec, Spec, TextSpec, TokensSpec
from deepwright.tensors import tie, tied
from deepwright.tokens import UNKNOWN

#: Deviation of what is added to weights, so that those that begin at zero hide nothing.
_NOISE = 0.05


def copied(code: Code, module: nn.Module) -> nn.Module:
    """A copy of a module, on the CPU; tied weights stay tied.

    Raises:
        UsageError: it cannot be copied.
    """
    try:
        made = copy.deepcopy(module).cpu()
    except Exception as error:
        raise UsageError(_("The model cannot be copied. {problem}", problem=code.failure(error))) from None
    tie(made, tied(module.state_dict()))
    return made


@torch.inference_mode(False)
@torch.random.fork_rng(devices=[])
def try_out(code: Code, name: str, module: nn.Module, inputs: Spec, outputs: OutputSpec | TokensSpec) -> None:
    """Let two examples through, forward and back, as evaluation and as training do; the module is left as it was.

    Texts go through at two lengths, as they come in batches.

    Raises:
        UsageError: it fails, yields something else than [2, outputs] or, of texts to be continued, [2, T, V]; cannot
            learn; or is told the tokens that it is to predict.
    """
    examples = _two(inputs)
    before = module.training
    with torch.no_grad():
        _pass(code, name, module.eval(), examples, outputs)  # sizes that are left open are settled here
        if isinstance(inputs, TextSpec):
            _pass(code, name, module, examples[:, : -(-examples.shape[1] // 2)], outputs)
    trial = copied(code, module.train(before))
    with torch.enable_grad():
        answers = _pass(code, name, trial.train(), examples, outputs)
    _require_gradients(code, name, trial, answers)
    if isinstance(outputs, TokensSpec):
        _require_causal(code, name, [copied(code, module).eval(), _with_noise(copied(code, module)).eval()], examples)


def _two(inputs: Spec) -> Tensor:
    """Two examples of which nothing is known but what the spec says."""
    if isinstance(inputs, TextSpec):
        return torch.randint(UNKNOWN, inputs.vocab_size, (2, *inputs.shape))
    return torch.randn(2, *inputs.shape)


def _require_gradients(code: Code, name: str, module: nn.Module, answers: Tensor) -> None:
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    if not learning:
        raise UsageError(_("{file}: {name} has no parameters that could be learnt.", file=code.name, name=name))
    try:
        gradients = torch.autograd.grad(answers.sum(), learning, allow_unused=True)
    except RuntimeError:
        gradients = ()
    if all(gradient is None for gradient in gradients):
        raise UsageError(
            _(
                "{file}: the outputs of {name} have no gradient with respect to its parameters, so that it cannot "
                "learn. Look for detach, argmax, rounding, NumPy or torch.no_grad in forward.",
                file=code.name,
                name=name,
            )
        )


def _require_causal(code: Code, name: str, modules: Sequence[nn.Module], tokens: Tensor) -> None:
    if any(place := first_told(module, tokens) for module in modules):
        raise UsageError(
            _(
                "{file}: {name} looks ahead: what it yields at token {place} of a text depends on the tokens after it, "
                "which are what it is to predict. Mask them (attention), read in one direction only (recurrent "
                "layers), or pad on the left alone (convolutions).",
                file=code.name,
                name=name,
                place=place,
            )
        )


def _with_noise(module: nn.Module) -> nn.Module:
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.is_floating_point():
                parameter.add_(_NOISE * torch.randn_like(parameter))
    return module


def _pass(code: Code, name: str, module: nn.Module, examples: Tensor, outputs: OutputSpec | TokensSpec) -> Tensor:
    try:
        answers = module(examples)
    except Exception as error:
        raise UsageError(
            _(
                "{problem} This is what forward of {name} says to two examples of the shape {shape}.",
                problem=code.failure(error),
                name=name,
                shape="×".join(map(str, examples.shape[1:])),
            )
        ) from None
    n = outputs.vocab_size if isinstance(outputs, TokensSpec) else outputs.num_outputs
    steps = examples.shape[1:2] if isinstance(outputs, TokensSpec) else ()
    needed = [len(examples), *steps, n]
    if not isinstance(answers, Tensor) or list(answers.shape) != needed or not answers.is_floating_point():
        found = list(answers.shape) if isinstance(answers, Tensor) else type(answers).__name__
        dtype = f" {answers.dtype}".replace("torch.", "") if isinstance(answers, Tensor) else ""
        given = {"file": code.name, "name": name, "found": f"{found}{dtype}", "needed": needed, "n": n}
        raise UsageError(
            _(
                "{file}: {name} yields {found} for two texts of {steps} tokens; {needed} floating-point numbers are "
                "needed: at each token {n} logits, one for each token that may follow it.",
                steps=steps[0],
                **given,
            )
            if steps
            else _(
                "{file}: {name} yields {found} for two examples; {needed} floating-point numbers are needed: a row of "
                "{n} for each example.",
                **given,
            )
        )
    return answers
