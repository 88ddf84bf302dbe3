"""Photograph a report as people see it: two languages, two widths, light and dark, and as PDF.

    python tools/screenshots.py build/screenshots docs/images/report.png

The first path takes everything; the second the picture in the README, the top of the English report. Chromium is
taken from the system: Debian's package is ``chromium``, with ``fonts-noto-cjk`` for Chinese.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

import deepwright as dw
from deepwright.cli import main as command

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = {"desktop": 1280, "phone": 390}
LANGUAGES = ("en", "zh")
#: The README's picture: width and height in pixels.
SHOWN = (1280, 860)
_COLOURS = 64


def main(arguments: list[str]) -> None:
    """Train on the digits, and photograph the report."""
    folder, picture = map(Path, arguments)
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        sys.exit(f"None of {', '.join(BROWSERS)} is installed. Debian: apt-get install chromium fonts-noto-cjk")
    folder.mkdir(parents=True, exist_ok=True)
    picture.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        reports = dict(_reports(Path(home)))
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for language, report in reports.items():
            _photograph(browser, report, folder, language)
        _top(browser, reports["en"], picture)
        browser.close()


def _reports(home: Path) -> Iterator[tuple[str, Path]]:
    run = dw.train("digits", output=home, progress=False)
    for language in LANGUAGES:
        command(["--language", language, "report", str(run.path)])
        yield language, Path(shutil.copy(run.path / "report.html", home / f"{language}.html"))


def _photograph(browser: Browser, report: Path, folder: Path, language: str) -> None:
    for scheme in ("light", "dark"):
        for name, width in WIDTHS.items():
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.goto(report.as_uri())
            page.screenshot(path=folder / f"report-{language}-{scheme}-{name}.png", full_page=True)
            page.close()
    page = browser.new_page()
    page.goto(report.as_uri())
    page.pdf(path=folder / f"report-{language}.pdf", format="A4", print_background=True)
    page.close()


def _top(browser: Browser, report: Path, picture: Path) -> None:
    width, height = SHOWN
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    page.goto(report.as_uri())
    page.screenshot(path=picture)
    page.close()
    Image.open(picture).convert("RGB").quantize(_COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
