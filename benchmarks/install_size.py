"""How many distributions does the core install beside torch's own, in an empty environment?"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from _rows import figure, record

ROOT = Path(__file__).resolve().parents[1]
BAR = 18


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        pip = [python, "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt")]
        subprocess.run([*pip, "torch"], check=True)
        own = _installed(python)
        subprocess.run([*pip, str(ROOT)], check=True)
        added = sorted(_installed(python) - own - {"deepwright"})
    record(
        "install_size",
        __doc__ or "",
        [figure("distributions", len(added), "", f"≤ {BAR}", len(added) <= BAR)],
        {"added": added},
    )


def _installed(python: str) -> set[str]:
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format", "json"], capture_output=True, check=True, text=True
    )
    return {entry["name"] for entry in json.loads(listed.stdout)}


if __name__ == "__main__":
    main()
