"""Search in Chinese, which has no spaces: every two neighbouring characters are a word, in pages and in queries."""

from __future__ import annotations

import re

from sphinx.application import Sphinx
from sphinx.search.zh import SearchChinese

_HAN = re.compile(r"[\u4e00-\u9fff]+")


class Bigrams(SearchChinese):
    """Pairs of characters, and single ones for those who search for one."""

    #: Names the stemmer in the page, which is that of the English words among the Chinese.
    language_name = "English"
    js_splitter_code = """
var splitQuery = (query) => {
  const words = query.match(/[a-z0-9_]+/gi) || [];
  for (const run of query.match(/[\\u4e00-\\u9fff]+/g) || []) {
    if (run.length === 1) words.push(run);
    for (let i = 0; i + 1 < run.length; i++) words.push(run.slice(i, i + 2));
  }
  return words;
};
"""

    def split(self, input: str) -> list[str]:
        """Words in Latin letters, characters, and pairs of characters."""
        words = super().split(input)
        for run in _HAN.findall(input):
            words += [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
        return words

    def word_filter(self, stemmed_word: str) -> bool:
        """A single character counts, a single letter does not."""
        return bool(_HAN.match(stemmed_word)) or super().word_filter(stemmed_word)


def setup(app: Sphinx) -> dict[str, bool]:
    """Take the place of Sphinx's own search in Chinese, which needs a dictionary of 40 MB."""
    app.add_search_language(Bigrams)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
