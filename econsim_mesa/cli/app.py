"""Parse the command line, carry out its command, and turn errors into exit codes."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from econsim_mesa.cli import (
    analyze,
    bundle,
    check,
    dashboard,
    experiment,
    export,
    fork,
    mock_server,
    page,
    prompt,
    replay,
    report,
    resume,
    run,
    schema,
    trust,
    validate,
    verify,
)
from econsim_mesa.cli import list as list_
from econsim_mesa.cli.command import Command
from econsim_mesa.cli.interrupt import Interrupted
from econsim_mesa.cli.options import add_user_files, addresses_of
from econsim_mesa.cli.output import Output
from econsim_mesa.errors import BadInput, EconSimError, hint
from econsim_mesa.llm.keys import name_servers
from econsim_mesa.scenario.overrides import SHORT
from econsim_mesa.scenario.user_files import import_file
from econsim_mesa.version import __version__

COMMANDS: tuple[Command, ...] = (
    run.COMMAND,
    replay.COMMAND,
    resume.COMMAND,
    fork.COMMAND,
    experiment.COMMAND,
    analyze.COMMAND,
    report.COMMAND,
    page.COMMAND,
    export.COMMAND,
    check.COMMAND,
    dashboard.COMMAND,
    verify.COMMAND,
    bundle.COMMAND,
    prompt.COMMAND,
    validate.COMMAND,
    schema.COMMAND,
    list_.COMMAND,
    trust.COMMAND,
    mock_server.COMMAND,
)
"""All commands, in the order in which the help shows them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; ``argv`` is without the program's name.

    0 success, 1 a failure at run time, 2 bad input, 3 stopped whole before the end, 130 Ctrl-C.
    An error that the user can mend is one message on stderr, without a traceback.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    output = Output()
    try:
        code = _execute(words, output)
        sys.stdout.flush()
    except EconSimError as error:
        return output.error(error)
    except KeyboardInterrupt:
        return output.error(Interrupted("interrupted before anything was done"))
    except BrokenPipeError:
        _forget_stdout()
        return 1
    except OSError as error:  # what no command names better: a full disk, a folder of others
        where = f"{error.filename}: " if error.filename else ""
        _forget_stdout()
        return output.error(EconSimError(f"{where}{error.strerror or error}"))
    except SystemExit as end:  # argparse after --help and --version
        return end.code if isinstance(end.code, int) else 0
    return code


def _execute(words: Sequence[str], output: Output) -> int:
    parser = command_parser()
    if not words:
        parser.print_help()
        return 0
    if words[0] == "help":  # what some type first
        words = [*words[1:], "--help"]
    options, more = parser.parse_known_args(words)
    if more:
        raise BadInput(_too_much(more, options))
    output.quiet, output.as_json, output.command_line = options.quiet, options.json, tuple(words)
    for file in getattr(options, "user_files", ()):
        import_file(file)
    name_servers(addresses_of(options))
    command: Command = options.command
    return command.execute(options, output)


def _too_much(words: Sequence[str], options: argparse.Namespace) -> str:
    """Return what is wrong with words that a command does not know, and what to write instead."""
    command: Command = options.command
    text = f"{command.name} does not know {' '.join(words)}"
    option = words[0].partition("=")[0]
    key = SHORT.get(option.removeprefix("--"), "KEY") if option.startswith("--") else "KEY"
    advice = hint(option, [f"--{name.replace('_', '-')}" for name in vars(options)])
    if advice.startswith("did you mean"):
        text += f"; {advice}"
    elif hasattr(options, "set"):
        text += f"; a setting of the scenario is one word after --set: --set {key}=VALUE"
    return f"{text} (see `econsim {command.name} --help`)"


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = Parser(
        prog="econsim",
        description="Simulate a small society: its purchases, ways, posts and stress.",
        epilog=_examples(["list", "run pizza_place", "run pizza_place --seed 7 --steps 24"]),
    )
    parser.add_argument("--version", action="version", version=f"econsim {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(
            command.name,
            help=command.help,
            description=command.help,
            epilog=_examples(command.examples),
        )
        sub.set_defaults(command=command)
        command.configure(sub)
        if command.takes_user_files:
            add_user_files(sub)
        sub.add_argument("--quiet", action="store_true", help="print as little as possible")
        sub.add_argument("--json", action="store_true", help="print JSON on stdout, and only that")
    return parser


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, with the nearest name where a word is unknown."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **options, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
        )

    def error(self, message: str) -> NoReturn:
        """Raise ``BadInput`` in place of printing the usage."""
        raise BadInput(f"{message} (see `{self.prog} --help`)")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a word that is none of the choices, with advice."""
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            raise argparse.ArgumentError(action, f"unknown {value!r}; {hint(str(value), known)}")


def _examples(examples: Sequence[str]) -> str:
    heading = "example:" if len(examples) == 1 else "examples:"
    return "\n".join([heading, *(f"  econsim {example}" for example in examples)])


def _forget_stdout() -> None:
    """Keep Python from reporting at exit that stdout was closed."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
