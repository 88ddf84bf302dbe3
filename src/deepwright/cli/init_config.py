"""Print a complete configuration with every setting explained."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace

from deepwright import registry
from deepwright.cli._settings import add_settings, document_of
from deepwright.config.fields import fields_of
from deepwright.config.settings import settings_from
from deepwright.config.writing import commented

__all__ = ["InitConfig"]


class InitConfig:
    """``deepwright init-config [DATA]``."""

    def arguments(self, parser: ArgumentParser) -> None:
        """The same settings as ``train``; what is not given stands at its default."""
        add_settings(parser)

    def run(self, given: Namespace) -> int:
        """Print YAML; with data, the task and the model that fit it are filled in."""
        document = document_of(given)
        settings = settings_from(document)
        if settings.data.source is not None:
            from deepwright.workflows.plan import plan

            ready = plan(document)
            model = (ready.undecided or ready.settings).model
            # A file to begin with must not tie itself to one version of the user's own network.
            model = replace(model, settings={key: value for key, value in model.settings.items() if key != "sha256"})
            settings = replace(settings, task=ready.task, model=model)
        members = {
            ("model",): ("models", settings.model),
            ("training", "optimizer"): ("optimizers", settings.training.optimizer),
            ("training", "schedule"): ("schedules", settings.training.schedule),
        }
        fields = {
            path: fields_of(registry.load(kind, member.name))
            for path, (kind, member) in members.items()
            if member.name != "auto"
        }
        sys.stdout.write(commented(settings, fields))
        return 0
