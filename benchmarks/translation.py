"""How good are translations, and how soon are they there?

Multi30k German to English with its own splits, of which the validation split alone was used in choosing the recipes;
CMUdict without stress, its words divided 90/5/5 by a hash, so that no word is in two splits; the embedded dates. BLEU
is that of sacreBLEU. Every test split is read once for each seed:

    python benchmarks/translation.py dates
    python benchmarks/translation.py multi30k --seeds 3
    python benchmarks/translation.py rnn cmudict
    python benchmarks/translation.py multi30k --seeds 3 --go-on      # take what an interrupted run has kept
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import re
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import sacrebleu
from _pictures import public_data
from _rows import figure, kept, record

import deepwright as dw

#: What is asked of a training's length, in seconds: from the start of the command to the report, and for dates.
LONGEST, SOON = 45 * 60, 2 * 60
SPLITS = {"train": "train", "val": "validation", "test_2016_flickr": "test"}
Figures = Iterator[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["dates"], choices=PARTS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--go-on", action="store_true", help="take what an interrupted run has kept")
    parser.add_argument("--output", type=Path, help="where the runs stay, to be looked at; else they are removed")
    parser.add_argument("--quick", action="store_true", help="a few steps and no row: only to try this script")
    given = parser.parse_args()
    more = {"training.max_steps": 20} if given.quick else {}
    for part in given.parts:
        details: dict[str, Any] = {"going_on": None if given.quick else given.go_on}
        with tempfile.TemporaryDirectory() as folder:
            figures = list(PARTS[part](given.output or Path(folder), range(given.seeds), more, details))
        if given.quick:
            print(figures)
        else:
            record(f"translation_{part}", (__doc__ or "").partition("\n\n")[0], figures, details)


def dates(folder: Path, seeds: range, more: dict[str, Any], details: dict[str, Any]) -> Figures:
    """The embedded dates, as a user has them."""
    found = []
    for seed in seeds:
        begun = time.perf_counter()
        run = dw.train("dates", output=folder / "runs", seed=seed, progress=False, settings=more)
        found.append({"seconds": time.perf_counter() - begun, "exact": 100 * float(run.measurements["exact_match"])})
        print("dates", seed, found[-1], flush=True)
    details["found"] = found
    exact, seconds = ([one[key] for one in found] for key in ("exact", "seconds"))
    yield figure(
        "dates: unseen dates written exactly",
        statistics.mean(exact),
        "%",
        "≥ 99.5 %",
        min(exact) >= 99.5,
        spread(exact),
    )
    yield figure(
        "dates: from the command to the report",
        statistics.mean(seconds),
        "s",
        f"< {SOON} s",
        max(seconds) < SOON,
        spread(seconds),
    )


def multi30k(folder: Path, seeds: range, more: dict[str, Any], details: dict[str, Any]) -> Figures:
    """The Transformer that is taken where nothing is asked for."""
    return of_multi30k(folder, seeds, more, details, "transformer_seq2seq", {}, 36.5)


def rnn(folder: Path, seeds: range, more: dict[str, Any], details: dict[str, Any]) -> Figures:
    """The recurrent net, with attention and without."""
    for attention, bar in (("multiplicative", 28.0), ("none", None)):
        of_this = {"going_on": details["going_on"]}
        settings = {**more, "model.attention": attention}
        yield from of_multi30k(folder, seeds, settings, of_this, "rnn_seq2seq", {"attention": attention}, bar)
        details[attention] = of_this


def of_multi30k(
    folder: Path,
    seeds: range,
    settings: dict[str, Any],
    details: dict[str, Any],
    model: str,
    shown: dict[str, str],
    bar: float | None,
) -> Figures:
    """Trainings of one model, over seeds."""
    table = multi30k_table(folder / "multi30k.csv")
    sources, references = tested(table)
    named = " ".join([model, *(f"{key} {value}" for key, value in shown.items())])

    def of_seed(seed: int) -> dict[str, Any]:
        begun = time.perf_counter()
        run = dw.train(
            table,
            task="translation",
            model=model,
            output=folder / "runs",
            seed=seed,
            progress=False,
            settings={"data.columns.text": "de", "data.columns.label": "en", **settings},
        )
        seconds = time.perf_counter() - begun
        return {"seconds": seconds, **scores(run.translate(sources), references)}

    found = [
        kept("translation_multi30k", f"{named}, seed {seed}", details["going_on"], partial(of_seed, seed))
        for seed in seeds
    ]
    details["found"] = found
    name = f"Multi30k de→en, {named}"
    lower, cased, seconds = ([one[key] for one in found] for key in ("tokenised", "sacrebleu", "seconds"))
    met = None if bar is None else statistics.mean(lower) >= bar
    asked = "" if bar is None else f"≥ {bar:g}"
    yield figure(f"{name}: lower-cased tokenised BLEU", statistics.mean(lower), "", asked, met, spread(lower))
    yield figure(f"{name}: sacreBLEU {found[0]['signature']}", statistics.mean(cased), "", spread=spread(cased))
    cores = ", ".join(sorted({f"{one['cores']} cores" for one in found if "cores" in one}))
    yield figure(
        f"{name}: from the command to the report",
        statistics.mean(seconds),
        "s",
        f"≤ {LONGEST} s on 2 cores",
        max(seconds) <= LONGEST,
        ", ".join(filter(None, (spread(seconds), cores))),
    )


def scores(written: list[str], references: list[str]) -> dict[str, Any]:
    """BLEU of small letters divided into words and signs, and that of sacreBLEU with its signature."""
    bleu = sacrebleu.metrics.BLEU()
    value = bleu.corpus_score(written, [references]).score
    ours, theirs = (
        [" ".join(re.findall(r"\w+|[^\w\s]", text.lower())) for text in texts] for texts in (written, references)
    )
    plain = sacrebleu.metrics.BLEU(tokenize="none", force=True)
    return {
        "tokenised": plain.corpus_score(ours, [theirs]).score,
        "sacrebleu": value,
        "signature": str(bleu.get_signature()),
    }


def cmudict(folder: Path, seeds: range, more: dict[str, Any], details: dict[str, Any]) -> Figures:
    """Words to phones; a word is right if what is written is one of its pronunciations."""
    table = folder / "cmudict.csv"
    known: dict[str, set[str]] = defaultdict(set)
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["source", "target", "split"])
        for line in next(public_data("cmudict").glob("*.dict")).read_text(encoding="utf-8").splitlines():
            word, *phones = line.partition("#")[0].split()
            word, spoken = re.sub(r"\(\d+\)$", "", word), " ".join(re.sub(r"\d", "", phone) for phone in phones)
            if spoken not in known[word]:
                known[word].add(spoken)
                writer.writerow([word, spoken, split_of(word)])
    tested_words = [word for word in known if split_of(word) == "test"]

    def of_seed(seed: int) -> dict[str, Any]:
        begun = time.perf_counter()
        run = dw.train(table, task="translation", output=folder / "runs", seed=seed, progress=False, settings=more)
        seconds = time.perf_counter() - begun
        written = run.translate(tested_words)
        wrong = sum(one not in known[word] for word, one in zip(tested_words, written, strict=True))
        return {"seconds": seconds, "rate": 100 * wrong / len(tested_words), "model": str(run.measurements.model)}

    found = [kept("translation_cmudict", str(seed), details["going_on"], partial(of_seed, seed)) for seed in seeds]
    details |= {"found": found, "words": len(tested_words)}
    rates = [one["rate"] for one in found]
    yield figure(
        f"CMUdict without stress, {found[0]['model']}: word error rate",
        statistics.mean(rates),
        "%",
        "≤ 30 %",
        statistics.mean(rates) <= 30,
        f"{spread(rates)}, n={len(tested_words):,}, {statistics.mean(one['seconds'] for one in found):.0f} s",
    )


def split_of(word: str) -> str:
    """The split of a word, by its hash."""
    place = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big") % 100
    return "train" if place < 90 else "validation" if place < 95 else "test"


def multi30k_table(path: Path) -> Path:
    """All pairs with their splits."""
    home = public_data("multi30k")
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["de", "en", "split"])
        for stem, split in SPLITS.items():
            sides = [
                gzip.decompress((home / f"{stem}.{side}.gz").read_bytes()).decode("utf-8").rstrip("\n").split("\n")
                for side in ("de", "en")
            ]
            writer.writerows([*pair, split] for pair in zip(*sides, strict=True))
    return path


def tested(table: Path) -> tuple[list[str], list[str]]:
    """Sources and references of the test split."""
    with table.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == "test"]
    return [row["de"] for row in rows], [row["en"] for row in rows]


def spread(values: list[float]) -> str:
    """From the least to the most."""
    return f"{min(values):.1f} to {max(values):.1f}, {len(values)} seeds" if len(values) > 1 else "1 seed"


PARTS = {"dates": dates, "multi30k": multi30k, "rnn": rnn, "cmudict": cmudict}


if __name__ == "__main__":
    main()
