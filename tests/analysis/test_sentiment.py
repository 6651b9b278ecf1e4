from __future__ import annotations

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from econsim_mesa.analysis.sentiment import Vader
from econsim_mesa.errors import BadInput


def test_another_lexicon_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    load = SentimentIntensityAnalyzer.make_lex_dict

    def changed(self: SentimentIntensityAnalyzer) -> dict[str, float]:
        self.lexicon_full_filepath += "yum\t3.0\t0.1\t[3]\n"
        return load(self)

    monkeypatch.setattr(SentimentIntensityAnalyzer, "make_lex_dict", changed)
    with pytest.raises(BadInput, match=r"install vaderSentiment==3\.3\.2"):
        Vader()
