"""Build the learning path as a site, in English and Chinese: ``make docs``.

    python tools/documentation.py [FOLDER]

The site is plain files that need no network and no server; any warning is an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deepwright.messages import LANGUAGES

DOCS = Path(__file__).resolve().parents[1] / "docs"
SITE = DOCS.parent / "build" / "docs"

#: Where to begin, in the reader's language; without scripts, one chooses.
START = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>deepwright</title>
<script>location.replace((navigator.language.startsWith("zh") ? "zh" : "en") + "/index.html");</script>
<p><a href="en/index.html">English</a> <a lang="zh-CN" href="zh/index.html">中文</a></p>
</html>
"""


def build(site: Path = SITE) -> Path:
    """Write the site into a folder and return its first page.

    Raises:
        subprocess.CalledProcessError: a page has an error or a warning.
    """
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as parsed:
            options = ["-W", "--keep-going", "-q", "-c", str(DOCS / "site"), "-d", parsed]
            subprocess.run(
                [sys.executable, "-m", "sphinx", *options, str(DOCS / language), str(site / language)],
                env={**os.environ, "DEEPWRIGHT_LANGUAGE": language},
                check=True,
            )
    start = site / "index.html"
    start.write_text(START, encoding="utf-8")
    return start


if __name__ == "__main__":
    print(f"The site is {build(*map(Path, sys.argv[1:2]))}")
