from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.mock import Latency, Settings
from econsim_mesa.mock.cache import PrefixCache, tokens_of
from econsim_mesa.mock.faults import CHAOS, FAULTS, FaultPlan
from econsim_mesa.mock.keyed_random import KeyedRandom


class TestKeyedRandom:
    def test_numbers_belong_to_seed_word_and_content(self) -> None:
        first = KeyedRandom(5).uniform("x", b"a")
        assert KeyedRandom(5).uniform("x", b"a") == first
        others = [(6, "x", b"a"), (5, "y", b"a"), (5, "x", b"b")]
        assert first not in [KeyedRandom(seed).uniform(*key) for seed, *key in others]

    def test_numbers_are_uniform_below_one(self) -> None:
        random = KeyedRandom(1)
        drawn = np.array([random.uniform("u", str(k).encode()) for k in range(20_000)])
        assert ((drawn >= 0) & (drawn < 1)).all()
        assert abs(drawn.mean() - 0.5) < 0.01
        assert abs(drawn.var() - 1 / 12) < 0.002


class TestLatency:
    @pytest.mark.parametrize("text", ["200", "fixed:200", "lognormal:200,0.5", "heavy:200,2.5"])
    def test_the_mean_is_what_was_asked(self, text: str) -> None:
        latency = Latency.parse(text)
        drawn = [latency.draw((k + 0.5) / 200_000) for k in range(200_000)]
        assert np.mean(drawn) == pytest.approx(0.2, rel=0.01)

    def test_a_heavy_tail_is_heavier(self) -> None:
        heavy, light = Latency.parse("heavy:200,1.5"), Latency.parse("lognormal:200,0.5")
        assert heavy.draw(0.9999) > 5 * light.draw(0.9999)
        assert heavy.draw(1 - 2**-53) <= 3600

    @pytest.mark.parametrize(
        "text", ["", "x", "-1", "nan", "inf", "lognormal:5", "heavy:5,1", "1,2", "gamma:1,2"]
    )
    def test_nonsense_is_refused(self, text: str) -> None:
        with pytest.raises(BadInput):
            Latency.parse(text)


class TestFaults:
    def test_there_are_eighteen_behaviours_for_chaos(self) -> None:
        assert len(CHAOS) == 18
        assert set(CHAOS) < set(FAULTS)

    def test_a_script_is_played_in_order_and_then_chances_decide(self) -> None:
        plan = FaultPlan({"500": 1.0}, ["429", "ok", "hang"], KeyedRandom(1))
        assert [plan.next(b"same") for _ in range(4)] == ["429", "ok", "hang", "500"]

    def test_chances_are_kept_and_belong_to_the_request(self) -> None:
        attempts = [str(k).encode() for k in range(4000)]
        plan = FaultPlan({"429": 0.1, "reset": 0.05}, (), KeyedRandom(1))
        played = [plan.next(one) for one in attempts]
        assert played[::-1] == [
            FaultPlan({"429": 0.1, "reset": 0.05}, (), KeyedRandom(1)).next(one)
            for one in reversed(attempts)
        ]
        assert played.count("429") == pytest.approx(400, abs=60)
        assert played.count("reset") == pytest.approx(200, abs=45)

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ({"faults": {"42": 0.1}}, UnknownName),
            ({"faults": {"429": 1.5}}, BadInput),
            ({"faults": {"429": float("nan")}}, BadInput),
            ({"faults": {"429": 0.6, "500": 0.6}}, BadInput),
            ({"script": ("ok", "nothing")}, UnknownName),
            ({"refuse_formats": ("text",)}, UnknownName),
            ({"cache_block": 17}, BadInput),
            ({"window": -1.0}, BadInput),
            ({"seed": -1}, BadInput),
        ],
    )
    def test_settings_without_sense_are_refused(
        self, options: dict[str, Any], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            Settings(**options)

    def test_settings_survive_json(self) -> None:
        settings = Settings(
            latency=Latency.parse("heavy:9,2"), faults={"429": 0.5}, script=("ok", "nan")
        )
        assert Settings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


class TestCache:
    def test_whole_blocks_from_the_beginning_are_cached(self) -> None:
        cache = PrefixCache(16, 10_000)
        prompt = "".join(chr(65 + k % 26) for k in range(1000))
        assert cache.account(prompt) == 0
        assert cache.account(prompt) == 240  # 250 tokens: 15 whole blocks of 16
        assert cache.account(prompt[:500] + "?" * 500) == 112  # 125 tokens alike: 7 blocks
        assert cache.account("?" + prompt[1:]) == 0

    def test_openai_caches_from_1024_tokens_on_in_steps_of_128(self) -> None:
        cache = PrefixCache(128, 100_000, least=1024)
        short, long = "a" * 4000, "b" * 6000
        assert [cache.account(one) for one in (short, short, long, long)] == [0, 0, 0, 1408]

    def test_the_last_token_is_never_cached(self) -> None:
        cache = PrefixCache(16, 10_000)
        cache.account("a" * 640)
        assert cache.account("a" * 640) == 144 < tokens_of("a" * 640)

    def test_the_least_recently_used_is_forgotten_first(self) -> None:
        cache = PrefixCache(16, 64)  # four blocks
        first, second = "a" * 132, "b" * 132  # two blocks each and a bit
        cache.account(first)
        cache.account(second)
        assert cache.account(first) == 32
        cache.account("c" * 132)
        assert cache.account(first) == 32
        assert cache.account(second) == 0

    def test_no_cache(self) -> None:
        cache = PrefixCache(0, 10_000)
        assert [cache.account("a" * 1000) for _ in range(2)] == [0, 0]
