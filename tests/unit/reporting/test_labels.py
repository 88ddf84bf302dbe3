"""What measurements are called, in both languages."""

from __future__ import annotations

from deepwright.energy.meter import METHOD
from deepwright.messages import choose_language
from deepwright.reporting import labels


def test_how_an_estimate_was_made_is_said_in_the_reader_s_language() -> None:
    assert labels.method(METHOD) == METHOD
    choose_language("zh")
    try:
        assert "处理器" in labels.method(METHOD)
    finally:
        choose_language("en")


def test_a_method_of_a_third_party_is_shown_as_it_is() -> None:
    assert labels.method("jackknife") == "jackknife"
    assert labels.method(None) == ""
