"""``econsim trust``: servers that may receive the key, also if only a file names them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.output import Output
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
    parser.add_argument("--remove", action="store_true", help="no longer send it a key")


def _execute(options: Namespace, output: Output) -> int:
    if options.server is not None:
        (distrust if options.remove else trust)(options.server)
    elif options.remove:
        raise BadInput("--remove: name the server; `econsim trust` shows which are trusted")
    known = trusted_servers()
    if output.as_json:
        output.json({"trusted": known, "file": str(trust_file())})
    elif known:
        output.text("\n".join(known))
    elif not output.quiet:
        output.text("no server is trusted")
    return 0


COMMAND = Command(
    name="trust",
    help="Allow a server to be sent your API key from now on, or list those that may be.",
    examples=("trust", "trust https://llm.example.org", "trust https://llm.example.org --remove"),
    configure=_configure,
    execute=_execute,
    takes_user_files=False,
)
