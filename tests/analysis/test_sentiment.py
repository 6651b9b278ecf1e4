from __future__ import annotations

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from econsim_mesa.analysis.sentiment import Vader, scorer_of, void_of_language
from econsim_mesa.errors import BadInput
from econsim_mesa.mind.topics import tone_of
from econsim_mesa.scenario import load_scenario


def test_another_lexicon_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    load = SentimentIntensityAnalyzer.make_lex_dict

    def changed(self: SentimentIntensityAnalyzer) -> dict[str, float]:
        self.lexicon_full_filepath += "yum\t3.0\t0.1\t[3]\n"
        return load(self)

    monkeypatch.setattr(SentimentIntensityAnalyzer, "make_lex_dict", changed)
    with pytest.raises(BadInput, match=r"install vaderSentiment==3\.3\.2"):
        Vader()


@pytest.mark.parametrize(
    ("files", "scorer", "valued"),
    [
        ({}, "VADER 3.3.2", True),
        ({"ask.md": "Answer."}, "VADER 3.3.2", True),
        ({"labels.json": '{"great": "toll"}'}, None, False),
        ({"household.md": "Du bist ein Haushalt."}, None, False),
        ({"words.md": "Schreib."}, None, False),
        ({"words.md": "Schreib.", "lexicon.txt": "great\t3"}, "lexicon.txt ", True),
    ],
)
def test_texts_of_ones_own_are_scored_by_their_lexicon_or_not_at_all(
    files: dict[str, str], scorer: str | None, valued: bool
) -> None:
    prompts = {"folder": "mine", "files": files} if files else {}
    scenario = load_scenario("pizza_place", set={"prompts": prompts})
    chosen = scorer_of(scenario)
    assert chosen is None if scorer is None else chosen and chosen.name.startswith(scorer)
    assert (void_of_language(scenario) is None) is valued
    assert (tone_of(scenario)("A great pizza") > 0) is valued
