"""Rows of results: one JSON file per benchmark, from which RESULTS.md is made."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ROWS = FOLDER / "rows"
#: Results of long trainings one by one, so that a benchmark that was interrupted can go on.
KEPT = FOLDER / ".kept"
RESULTS = FOLDER / "RESULTS.md"
#: With the heading of the table in each.
READMES = {
    FOLDER.parent / "README.md": "| what | result | bar |",
    FOLDER.parent / "README.zh-CN.md": "| 测量内容 | 结果 | 标准 |",
}
_BEGIN, _END = "<!-- results: made by benchmarks/ -->\n", "<!-- end of results -->"
LIBRARIES = ("deepwright", "torch", "numpy", "scikit-learn")


def figure(
    what: str, value: float, unit: str, bar: str = "", met: bool | None = None, spread: str = ""
) -> dict[str, Any]:
    """One figure of a row: what was measured, its value and unit, the bar it is held to, and its spread."""
    return {"what": what, "value": value, "unit": unit, "bar": bar, "met": met, "spread": spread}


def spread(values: list[float]) -> str:
    """From the least to the largest of what the rounds gave."""
    return f"{min(values):,.3g} to {max(values):,.3g}, {len(values)} rounds"


def record(name: str, question: str, figures: list[dict[str, Any]], details: dict[str, Any]) -> None:
    """Write the row of one benchmark, print it, and make RESULTS.md again."""
    row = {"name": name, "question": question, "figures": figures, "machine": machine(), "details": details}
    ROWS.mkdir(exist_ok=True)
    (ROWS / f"{name}.json").write_text(json.dumps(row, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_pages()
    for item in figures:
        verdict = {True: "met", False: "MISSED", None: ""}[item["met"]]
        print(f"{item['what']}: {item['value']:.4g} {item['unit']} {item['spread']}  {item['bar']} {verdict}")


def kept(name: str, key: str, going_on: bool | None, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """One training's result, with the commit that it was made at, which is kept at once.

    Args:
        name: of the benchmark.
        key: of the training.
        going_on: whether a result that was kept before is taken in place of training again; None keeps nothing.
        make: trains and gives the result.
    """
    if going_on is None:
        return make()
    file = KEPT / f"{name}.json"
    results: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if not going_on or key not in results:
        made = {**make(), "commit": machine()["commit"], "cores": len(os.sched_getaffinity(0))}
        results = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        results[key] = made
        KEPT.mkdir(exist_ok=True)
        file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(name, key, results[key], flush=True)
    return results[key]


def write_pages() -> None:
    """Make RESULTS.md, and the table in each README, from the rows."""
    RESULTS.write_text(results(), encoding="utf-8")
    lines = ["|---|---|---|"]
    for file in sorted(ROWS.glob("*.json")):
        row = json.loads(file.read_text(encoding="utf-8"))
        for item in row["figures"]:
            if item["bar"]:
                spread = f" ({item['spread']})" if item["spread"] else ""
                verdict = "" if item["met"] else " **missed**"
                result = f"{item['value']:.4g} {item['unit']}{spread}{verdict}"
                lines.append(f"| {row['name']}: {item['what']} | {result} | {item['bar']} |")
    for readme, heading in READMES.items():
        before, _begin, rest = readme.read_text(encoding="utf-8").partition(_BEGIN)
        _old, _end, after = rest.partition(_END)
        readme.write_text(before + _BEGIN + "\n".join([heading, *lines]) + "\n" + _END + after, encoding="utf-8")


def machine() -> dict[str, Any]:
    """The commit, processor and versions that a row was measured with."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    changed = subprocess.run(
        ["git", "status", "--porcelain", "../src"], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    return {
        "commit": commit.stdout.strip() + ("+changes" if changed.stdout.strip() else ""),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def results() -> str:
    """RESULTS.md from all rows."""
    lines = [
        "# Results",
        "",
        "Made from `rows/` by the scripts beside it; never edited by hand. Absolute times depend on the machine.",
        "",
    ]
    for file in sorted(ROWS.glob("*.json")):
        row = json.loads(file.read_text(encoding="utf-8"))
        about = row["machine"]
        lines += [
            f"## {row['name']}",
            "",
            row["question"],
            "",
            "| what | value | spread | bar | met |",
            "|---|---|---|---|---|",
        ]
        for item in row["figures"]:
            met = {True: "yes", False: "**no**", None: ""}[item["met"]]
            lines.append(
                f"| {item['what']} | {item['value']:.4g} {item['unit']} | {item['spread']} | {item['bar']} | {met} |"
            )
        versions = f"Python {about['python']}, torch {about['torch']}, commit {about['commit']}"
        lines += ["", f"{about['processor']}, {about['system']}, {versions}.", ""]
    return "\n".join(lines)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        return f"{names[0]}, {len(names)} cores" if names else platform.processor()
    return platform.processor()


if __name__ == "__main__":
    write_pages()
