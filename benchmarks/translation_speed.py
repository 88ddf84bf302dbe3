"""How fast are translations learnt and searched for?

Learning: real tokens a second, source and target, of ours (batches of texts of about the same length) over a plain
loop with `torch.nn.Transformer` of the same size, whose batches are drawn at random and padded to their longest text;
both in float32, in turn in one run. Searching: 1,000 sentences with a beam of 5, together and with what was computed
before kept, over one by one, each prefix computed anew; both write the same texts.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from _rows import figure, record
from torch import Tensor, nn
from translation import multi30k_table

from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.decoding.beam import Beam, search
from deepwright.layers.positions import waves
from deepwright.tokens import PADDING
from deepwright.workflows.plan import Plan, plan

STEPS, WARM, SENTENCES = 150, 5, 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a few steps and no row: only to try this script")
    given = parser.parse_args()
    steps, sentences, rounds = (12, 8, 1) if given.quick else (STEPS, SENTENCES, given.rounds)
    with tempfile.TemporaryDirectory() as folder:
        ready = _plan(multi30k_table(Path(folder) / "multi30k.csv"), steps)
        speeds, trained = [], None
        for number in range(rounds):
            sides = [lambda: _ours(ready), lambda: (_theirs(ready, steps), None)]
            first, second = (side() for side in (sides if number % 2 == 0 else sides[::-1]))
            (ours, fitted), (theirs, _none) = (first, second) if number % 2 == 0 else (second, first)
            trained = fitted
            speeds.append((ours, theirs))
            print("tokens a second", speeds[-1], flush=True)
        together, alone = _searched(trained, ready, sentences)
        print("seconds", together, alone, flush=True)
    ratios = [ours / theirs for ours, theirs in speeds]
    ratio = statistics.median(ratios)
    figures = [
        figure(
            "learning: tokens a second, ours over torch.nn.Transformer's",
            ratio,
            "×",
            "≥ 2 ×",
            ratio >= 2,
            f"{min(ratios):.2f} to {max(ratios):.2f}, {len(ratios)} rounds",
        ),
        figure(
            f"searching: {sentences:,} sentences one by one without cache, over together with it",
            alone / together,
            "×",
            "≥ 10 ×",
            alone / together >= 10,
            f"{together:.1f} s and {alone:.1f} s",
        ),
    ]
    if not given.quick:
        record("translation_speed", (__doc__ or "").partition("\n\n")[0], figures, {"speeds": speeds})


def _plan(table: Path, steps: int) -> Plan:
    document = Document()
    settings = {
        "data.source": str(table),
        "task": "translation",
        "data.columns.text": "de",
        "data.columns.label": "en",
        "training.max_steps": steps,
        "training.precision": "float32",
        "training.label_smoothing": 0,  # the same loss on both sides
        "training.num_threads": torch.get_num_threads(),
    }
    for key, value in settings.items():
        document.set(key, value, key)
    return plan(document)


def _ours(ready: Plan) -> tuple[float, Any]:
    """Tokens a second between the first and the last steps of the training, and what was trained."""
    times: list[tuple[float, int]] = []
    task = ready.fitted
    real = task.losses

    def timed(outputs: Tensor, batch: Any) -> Tensor:
        if torch.is_grad_enabled():
            count = int((batch.inputs[0] != PADDING).sum() + (batch.targets >= 0).sum())
            times.append((time.perf_counter(), count))
        return real(outputs, batch)

    task.losses = timed  # type: ignore[method-assign]
    try:
        fitted = experiments.fit(ready.table, ready.splits, ready.task, ready.roles, ready.settings, fitted=task)
    finally:
        task.losses = real  # type: ignore[method-assign]
    seen = times[WARM:]
    return sum(count for _time, count in seen[1:]) / (seen[-1][0] - seen[0][0]), fitted.predictor


class Plain(nn.Module):
    """PyTorch's own Transformer with embeddings that are tied to the outputs, as large as ours."""

    def __init__(self, vocab_size: int, model: Any) -> None:
        super().__init__()
        size, count = model.norm.normalized_shape[0], len(model.encoder)
        block = model.encoder[0]
        self.embed = nn.Embedding(vocab_size, size)
        self.transformer = nn.Transformer(
            size, block.attention.num_heads, count, count, block.dense1.out_features, 0.1, batch_first=True
        )
        self.output = nn.Linear(size, vocab_size)
        self.output.weight = self.embed.weight

    def forward(self, source: Tensor, before: Tensor) -> Tensor:
        """Logits of the next tokens."""
        there = source == PADDING
        mask = nn.Transformer.generate_square_subsequent_mask(before.shape[1])
        source, before = (self._placed(tokens) for tokens in (source, before))
        hidden = self.transformer(
            source, before, tgt_mask=mask, src_key_padding_mask=there, memory_key_padding_mask=there, tgt_is_causal=True
        )
        logits: Tensor = self.output(hidden)
        return logits

    def _placed(self, tokens: Tensor) -> Tensor:
        embedded: Tensor = self.embed(tokens)
        return embedded + waves(tokens.shape[1], embedded.shape[2]).to(embedded)


def _theirs(ready: Plan, steps: int) -> float:
    from deepwright.predictor import Predictor

    task: Any = ready.fitted
    ours = Predictor.build(ready.task, task, ready.settings.model)
    network = Plain(task.outputs.spec.vocab_size, ours.network.model)
    examples = task.examples(ready.table.take(ready.splits.train))
    batch_size: Any = ready.settings.training.batch_size
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    tokens, begun = 0, 0.0
    for step, positions in enumerate(torch.randperm(len(examples)).split(batch_size)[:steps]):
        if step == WARM:
            begun = time.perf_counter()
        batch = examples.batch(positions)
        source, before = batch.inputs
        loss = nn.functional.cross_entropy(
            network(source, before).flatten(0, 1), batch.targets.flatten(), ignore_index=-1
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if step >= WARM:
            tokens += int((source != PADDING).sum() + (batch.targets >= 0).sum())
    return tokens / (time.perf_counter() - begun)


class Uncached:
    """The same network, which computes every prefix anew."""

    def __init__(self, network: Any) -> None:
        self.network = network

    def encode(self, source: Tensor) -> Any:
        """As the network does."""
        return self.network.encode(source)

    def step(self, tokens: Tensor, memory: Any, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Of the whole prefix, which is the state."""
        whole = tokens if state is None else torch.cat([state, tokens], 1)
        return self.network.step(whole, memory)[0][:, -1:], whole


def _searched(predictor: Any, ready: Plan, count: int) -> tuple[float, float]:
    texts = list(ready.table.take(ready.splits.train[:count]).columns["de"].values)
    begun = time.perf_counter()
    predictor.translate(texts)
    together = time.perf_counter() - begun
    beam, network = Beam(), Uncached(predictor.network.model)
    begun = time.perf_counter()
    for text in texts:
        source = predictor.task.encode([text]).inputs[0]
        search(network, source, beam, beam.limits(source, predictor.task.outputs.spec.max_seq_len))
    return together, time.perf_counter() - begun


if __name__ == "__main__":
    main()
