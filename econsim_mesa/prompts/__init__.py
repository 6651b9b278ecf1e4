"""Prompts: from an observation, a persona and memory to messages; templates are files."""

from econsim_mesa.prompts.labels import parse_household
from econsim_mesa.prompts.render import Prompt, render
from econsim_mesa.prompts.system import system_prompt, write_prompts
from econsim_mesa.prompts.templates import Template, load_template, template_names

__all__ = [
    "Prompt",
    "Template",
    "load_template",
    "parse_household",
    "render",
    "system_prompt",
    "template_names",
    "write_prompts",
]
