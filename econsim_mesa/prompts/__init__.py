"""Prompts: from an observation, a persona and memory to messages; templates are files."""

from econsim_mesa.prompts.archive import Texts, read_prompts, write_prompts
from econsim_mesa.prompts.render import Prompt, render
from econsim_mesa.prompts.system import system_prompt
from econsim_mesa.prompts.templates import (
    Template,
    load_template,
    template_names,
    template_of,
)

__all__ = [
    "Prompt",
    "Template",
    "Texts",
    "load_template",
    "read_prompts",
    "render",
    "system_prompt",
    "template_names",
    "template_of",
    "write_prompts",
]
