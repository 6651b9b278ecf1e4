"""The page about servers: every line of its table is a command that is taken."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from econsim_mesa.cli import main
from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.pairs import by_model

PAGE = Path(__file__).parents[2] / "docs" / "llm-servers.md"
ROW = re.compile(r"^\| ([^|]+) \|[^|]*?`([^`]*--model [^`]*)`", re.MULTILINE)
LINES = dict(ROW.findall(PAGE.read_text(encoding="utf-8")))


def test_all_servers_have_a_line() -> None:
    wanted = ["OpenAI", "Azure", "vLLM", "Ollama", "llama.cpp", "LM Studio", "OpenRouter"]
    assert all(any(line.startswith(name) for line in LINES) for name in wanted), list(LINES)


@pytest.mark.parametrize("server", LINES)
def test_a_line_is_a_command(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(LINES[server])
    if "--base-url" in words:
        assert re.search(r"/v1$", words[words.index("--base-url") + 1])
    code = main(["run", "pizza_place", "--decider", "llm", *words, "--steps", "2", "--dry-run"])
    assert (code, capsys.readouterr().err) == (0, "")


def test_the_experiment_with_several_models_loads(tmp_path: Path) -> None:
    (block,) = re.findall(r"```json title=\"models.json\"\n(.*?)```", PAGE.read_text(), re.DOTALL)
    path = tmp_path / "models.json"
    path.write_text(block)
    design = load_design(path)
    (contrast,) = design.experiment.contrasts
    models = [told["llm.model"] for told, _ in by_model(design, contrast)]
    assert models == ["gpt-oss-20b", "gpt-oss-120b", None]


def test_the_transport_decides_for_all() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ends = "print({row.outcome for row in model.town.records['decisions'] if row.decider == 'llm'})"
    done = subprocess.run(
        [sys.executable, "-c", block + ends], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("{'repaired'}\n", "", 0)
