"""Print the JSON Schema of the configuration, for editors and programs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from deepwright import registry
from deepwright.cli._output import print_json
from deepwright.config.fields import fields_of
from deepwright.config.writing import json_schema

__all__ = ["Schema"]


class Schema:
    """``deepwright schema``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """None beyond the common ones."""

    def run(self, given: Namespace) -> int:
        """Import every member that has settings and print the schema."""
        sections = {
            ("model",): "models",
            ("training", "optimizer"): "optimizers",
            ("training", "schedule"): "schedules",
            ("training", "augmentations"): "augmentations",
        }
        print_json(
            json_schema(
                {
                    path: {name: fields_of(registry.load(kind, name)) for name in registry.entries(kind)}
                    for path, kind in sections.items()
                }
            )
        )
        return 0
