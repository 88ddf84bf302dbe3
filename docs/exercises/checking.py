"""Says whether the function of an exercise is right: it is compared with PyTorch on several cases."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from cases import CASES

from deepwright.messages import current_language

_TOLERANCE = 1e-6
_SENTENCES = {
    "en": {
        "empty": "Not filled in yet: write the body of {name} and run this file again.",
        "shape": "Wrong in case {case} of {cases}{part}: the shape is {shape}, it should be {right_shape}.",
        "value": "Wrong in case {case} of {cases}{part}: at {place} it is {value:.6g}, it should be {right:.6g}; "
        "the difference is {difference:.3g}.",
        "nothing": "Wrong in case {case} of {cases}: {name} returns {count} values, it should return {right_count}.",
        "right": "Right: all {cases} cases agree.",
        "part": ", value {part}",
    },
    "zh": {
        "empty": "还没有填写：请写出 {name} 的函数体，再运行本文件。",
        "shape": "第 {case} 例（共 {cases} 例）有误{part}：形状为 {shape}，应为 {right_shape}。",
        "value": "第 {case} 例（共 {cases} 例）有误{part}：位置 {place} 处为 {value:.6g}，应为 {right:.6g}；"
        "相差 {difference:.3g}。",
        "nothing": "第 {case} 例（共 {cases} 例）有误：{name} 返回 {count} 个值，应返回 {right_count} 个。",
        "right": "正确：{cases} 例全部一致。",
        "part": "，第 {part} 个返回值",
    },
}


def check(function: Callable[..., Any]) -> None:
    """Print the verdict on a function and end with 0 if it is right, else with 1."""
    cases = list(CASES[function.__name__]())
    said = _SENTENCES[current_language()]
    for number, (arguments, right) in enumerate(cases, start=1):
        try:
            answer = function(*arguments)
        except NotImplementedError:
            sys.exit(said["empty"].format(name=function.__name__))
        if mistake := _mistake(answer, right):
            kind, values = mistake
            part = said["part"].format(part=values["part"]) if values.get("part") else ""
            names = {"case": number, "cases": len(cases), "name": function.__name__}
            sys.exit(said[kind].format(**{**values, **names, "part": part}))
    print(said["right"].format(cases=len(cases)))


def _mistake(answer: Any, right: Any) -> tuple[str, dict[str, Any]] | None:
    """The first thing that is wrong: its sentence and what the sentence names."""
    if not isinstance(right, tuple):
        return _difference(answer, right)
    count = len(answer) if isinstance(answer, (tuple, list)) else 1
    if count != len(right):
        return "nothing", {"count": count, "right_count": len(right)}
    for part, (one, other) in enumerate(zip(answer, right, strict=True), start=1):
        if found := _difference(one, other):
            return found[0], {**found[1], "part": part}
    return None


def _difference(answer: Any, right: Any) -> tuple[str, dict[str, Any]] | None:
    given, wanted = np.asarray(answer, dtype=float), np.asarray(right, dtype=float)
    if given.shape != wanted.shape:
        return "shape", {"shape": given.shape, "right_shape": wanted.shape}
    differences = np.nan_to_num(np.abs(given - wanted), nan=np.inf)
    place = np.unravel_index(differences.argmax(), differences.shape)
    if differences[place] <= _TOLERANCE:
        return None
    return "value", {
        "place": [int(index) for index in place],
        "value": given[place],
        "right": wanted[place],
        "difference": differences[place],
    }
