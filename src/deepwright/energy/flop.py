"""The arithmetic of a training, and how much of the machine's rate it reached."""

from __future__ import annotations

from deepwright.energy.machine import MatmulRate
from deepwright.measurements import Measurement

#: A backward pass multiplies twice what a forward pass multiplies once: for the inputs, and for the weights.
PASSES = 3


def training_flop(model: str, forward_flop: int, examples: int) -> Measurement:
    """Floating-point operations of a training: 3 · forward_flop · examples.

    Args:
        model: its name.
        forward_flop: of one example's forward pass, matrix products and convolutions counted.
        examples: seen in training, as often as they were seen.
    """
    return Measurement(
        name="training_flop",
        value=float(PASSES * forward_flop * examples),
        unit="FLOP",
        measure="training_flop",
        arguments={"forward_flop": forward_flop, "examples": examples, "passes": PASSES},
        model=model,
        n=1,
        status="estimated",
    )


def matmul_share(flop: Measurement, seconds: float, rate: MatmulRate) -> Measurement:
    """The share of the machine's rate of matrix products that a training reached: flop / seconds / rate.

    Args:
        flop: of the training.
        seconds: of the training, above 0.
        rate: in the same precision, with the same threads.
    """
    return Measurement(
        name="matmul_share",
        value=float(flop) / seconds / rate.flop_per_second,
        unit="share",
        measure="matmul_share",
        arguments={
            "training_flop": flop.value,
            "training_seconds": seconds,
            "flop_per_second": rate.flop_per_second,
            "size": rate.size,
            "precision": rate.precision,
            "num_threads": rate.num_threads,
            "best_of": rate.repetitions,
        },
        model=flop.model,
        n=1,
        status="estimated",
    )
