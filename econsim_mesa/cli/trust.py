"""``econsim trust``: servers that may be sent a key wherever their address stands."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.screen import Screen
from econsim_mesa.errors import BadInput
from econsim_mesa.llm.trust import distrust, trust, trust_file, trusted_servers


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "server",
        metavar="SERVER",
        nargs="?",
        help="https://HOST, or HOST alone for the same, with :PORT where it has one of its own "
        "(default: show which are trusted)",
    )
    parser.add_argument("--remove", action="store_true", help="trust it no more")


def _execute(options: Namespace, screen: Screen) -> int:
    if options.server is not None:
        (distrust if options.remove else trust)(options.server)
    elif options.remove:
        raise BadInput("--remove: name the server; `econsim trust` shows which are trusted")
    known = trusted_servers()
    if screen.json:
        screen.emit({"trusted": known, "file": str(trust_file())})
    elif known:
        screen.say("\n".join(known))
    elif not screen.quiet:
        screen.say("no server is trusted")
    return 0


COMMAND = Command(
    name="trust",
    help="Say once for good that a server may be sent your key, or show which may.",
    examples=("trust", "trust https://llm.example.org", "trust https://llm.example.org --remove"),
    configure=_configure,
    execute=_execute,
    takes_user_files=False,
)
