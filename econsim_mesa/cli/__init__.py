"""The command line: ``econsim COMMAND``; each command is one small module.

To add a command, write a module with a ``COMMAND`` (see ``command.Command``) and name it in
``app.COMMANDS``. A command imports what is heavy where it uses it.
"""

from __future__ import annotations

from econsim_mesa.cli.app import main

__all__ = ["main"]
