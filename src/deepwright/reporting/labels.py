"""What measurements, units and methods are called where people read them."""

from __future__ import annotations

from deepwright.contracts import FIRST
from deepwright.messages import _


def metric(name: str) -> str:
    """A measurement's name in words; one that nobody knows stays as it is."""
    stem, slash, rest = name.partition("/")
    known = _metrics()
    if not slash:
        if stem.endswith("_gap") and (of := known.get(stem.removesuffix("_gap"))):
            return _("{metric}: training minus test", metric=of)
        return known.get(stem, name)
    if stem == "precision":
        return _("precision of {label}", label=rest)
    if stem == "recall":
        return _("recall of {label}", label=rest)
    if stem.endswith("_over") and (of := known.get(stem.removesuffix("_over"))):
        return _("{metric}: difference from {baseline}", metric=of, baseline=rest)
    if (of := known.get(stem)) and rest.startswith("of_sources/"):
        return _("{metric}: sources of {tokens} tokens", metric=of, tokens=tokens(rest.rpartition("/")[2]))
    if (of := known.get(stem)) and rest.startswith("of_histories/"):
        return _("{metric}: users with {n} items before", metric=of, n=tokens(rest.rpartition("/")[2]))
    if (of := known.get(stem)) and rest.startswith("of_items/"):
        return _("{metric}: items learnt from {n} times", metric=of, n=tokens(rest.rpartition("/")[2]))
    if stem == "leaked_rows":
        return _("rows or passages that are also in the {split} split", split=split(rest))
    if stem == "export" and (said := _export(rest)):
        return said
    return name


def tokens(span: str) -> str:
    """From how many tokens to how many, given as ``5-9``."""
    low, _dash, high = span.partition("-")
    return low if low == high else _("{low} to {high}", low=low, high=high)


def unit(name: str) -> str:
    """A unit in words; one that nobody knows stays as it is."""
    return {
        "share": _("share"),
        "rate": _("rate"),
        "points": _("points"),
        "nats": _("nats"),
        "seconds": _("seconds"),
        "bytes": _("bytes"),
        "correlation": _("rank correlation"),
        "ratio": _("ratio"),
        "own unit": _("in the number's own unit"),
        "probability": _("probability"),
        "deviations": _("deviations"),
        "joules": _("joules"),
        "grams CO2e": _("grams CO₂e"),
        "epochs": _("epochs"),
        "rows": _("rows"),
        "pictures": _("pictures"),
        "texts": _("texts"),
        "parameters": _("parameters"),
        "users": _("users"),
        "items": _("items"),
        "interactions": _("interactions"),
        "tokens": _("tokens"),
        "bits": _("bits"),
        "examples per second": _("examples per second"),
    }.get(name, name)


def split(name: str | None) -> str:
    """A split in words; empty for what is about none."""
    known = {"train": _("training"), "validation": _("validation"), "test": _("test")}
    return known.get(name, name) if name else ""


def status(name: str) -> str:
    """How a claim is known, in words."""
    return {
        "measured": _("measured"),
        "estimated": _("estimated"),
        "stated": _("stated"),
        "not measured": _("not measured"),
    }.get(name, name)


def method(name: str | None) -> str:
    """How an interval was obtained, in words; empty where there is none."""
    known = {
        "bias-corrected bootstrap": _("bias-corrected bootstrap"),
        "bias-corrected cluster bootstrap": _("bias-corrected bootstrap of groups"),
        "bootstrap with one more row": _("bootstrap with one more row"),
        "cluster bootstrap with one more group": _("bootstrap of groups with one more group"),
        "bootstrap over pairs": _("bootstrap over pairs"),
        "clopper-pearson": _("Clopper–Pearson"),
        "±40%, from the processor's rating": _("±40%, from the processor's rating"),
    }
    return known.get(name, name) if name else ""


def _export(name: str) -> str | None:
    exporter, _slash, what = name.partition("/")
    known = {
        "same_decisions": _("{exporter} file: share of decisions that are the run's", exporter=exporter),
        "max_probability_difference": _("{exporter} file: largest difference of a probability", exporter=exporter),
        "max_value_difference": _("{exporter} file: largest difference of a value", exporter=exporter),
    }
    return known.get(what)


def _metrics() -> dict[str, str]:
    return {
        "accuracy": _("accuracy"),
        "label_accuracy": _("share of labels decided rightly"),
        "mae": _("mean absolute error"),
        "absolute_error": _("mean absolute error"),
        "rmse": _("root mean squared error"),
        "r2": "R²",
        "macro_f1": _("macro F1"),
        "told_from_noise": _("share of words told from noise"),
        "noise_loss": _("loss of words beside noise"),
        "word_similarity": _("agreement with people on the similarity of words (WordSim-353)"),
        "analogy_accuracy": _("analogies solved (Google's, English)"),
        "log_loss": _("log loss"),
        "log_loss_uncalibrated": _("log loss before calibration"),
        "calibration_error": _("calibration error"),
        "calibration_error_uncalibrated": _("calibration error before calibration"),
        "perplexity": _("perplexity"),
        "bits_per_character": _("bits per character"),
        "token_loss": _("loss per token"),
        "token_accuracy": _("share of tokens that were the most probable"),
        "bleu": "BLEU",
        "chrf": "chrF",
        "exact_match": _("share of texts written exactly"),
        "word_error_rate": _("word error rate"),
        "character_error_rate": _("character error rate"),
        "empty_translations": _("texts of which nothing was written"),
        "cut_translations": _("texts written as long as they may be"),
        "num_parameters": _("parameters"),
        "fit_seconds": _("time to fit and calibrate"),
        "training_seconds": _("time in training"),
        "examples_per_second": _("training examples per second"),
        "epochs": _("epochs"),
        "training_energy": _("energy of the training"),
        "training_carbon": _("carbon of the training"),
        "energy_per_1000_predictions": _("energy of 1,000 predictions"),
        "carbon_per_1000_predictions": _("carbon of 1,000 predictions"),
        "training_flop": _("arithmetic of the training"),
        "matmul_share": _("share of the machine's rate of matrix products"),
        "peak_memory": _("peak memory of the process"),
        "gradient_ratio": _("gradient of the first layer over the last"),
        **_of_recommendations(),
        **_of_data(),
    }


def _of_recommendations() -> dict[str, str]:
    """What judges the items that are recommended."""
    return {
        "ndcg": _("NDCG of the first {k}", k=FIRST),
        "recall_at": _("recall of the first {k}", k=FIRST),
        "hit_rate": _("hit rate of the first {k}", k=FIRST),
        "mrr": _("mean reciprocal rank among the first {k}", k=FIRST),
        "coverage": _("items that are recommended to anybody"),
        "gini": _("Gini coefficient of the items"),
        "novelty": _("novelty (bits)"),
        "head_share": _("recommendations of the most taken tenth"),
        "diversity": _("diversity"),
    }


def _of_data() -> dict[str, str]:
    """What an inspection of the data measures, and a model's doubts of it."""
    return {
        "rejected_rows": _("pictures, rows or files that could not be used"),
        "blank_pictures": _("pictures without contrast"),
        "class_ratio": _("largest class over the smallest"),
        "repeated_rows": _("rows or passages that repeat an earlier one"),
        "conflicting_pictures": _("pictures with several labels"),
        "conflicting_texts": _("texts with several labels"),
        "unknown_tokens": _("tokens that are not known"),
        "cut_texts": _("texts that are cut off"),
        "identical_pairs": _("pairs with the same text on both sides"),
        "far_lengths": _("pairs of unusual lengths"),
        "huge_texts": _("pairs with a very long text"),
        "ambiguous_sources": _("sources with several targets"),
        "frequent_target": _("pairs with the most frequent target"),
        "density": _("density"),
        "interactions_per_user": _("interactions of a user (median)"),
        "interactions_per_item": _("interactions of an item (median)"),
        "long_tail": _("interactions of the most taken tenth of the items"),
        "tied_users": _("users with interactions of one time"),
        "cold_users": _("users who were not learnt from"),
        "warm_users": _("users who were learnt from"),
        "cold_items": _("items that were not learnt from"),
        "untested_users": _("users without a test"),
        "suspected_labels": _("doubted labels"),
    }
