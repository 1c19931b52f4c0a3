"""The `onward` command. A command of its own module is added with one line below."""

import os
import sys

import typer
from rich.console import Console

from cli.bench import bench
from cli.demo import demo
from cli.demonstration.surroundings import DemonstrationFailed
from cli.doctor import doctor
from cli.evidence import evidence
from cli.home import HomeInUse
from cli.reconcile import reconcile
from cli.stack import StackFailed
from cli.testing import test
from cli.up import up
from cli.why import why
from engine.errors import EngineError

# What a person can act on is shown as a sentence; anything else is our defect and keeps its traceback.
_SAID_IN_WORDS = (DemonstrationFailed, EngineError, HomeInUse, StackFailed)


def build_app() -> typer.Typer:
    """Return the command line with all its commands."""
    app = typer.Typer(
        name="onward",
        help="Takes a client's account from illustration to active, in Plannr and on the platform.",
        no_args_is_help=True,
        add_completion=False,
        # Local variables may hold a client's data or a secret.
        pretty_exceptions_show_locals=False,
    )
    app.command()(up)
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})(
        test
    )
    app.command()(demo)
    app.command()(bench)
    app.command()(doctor)
    app.command()(why)
    app.command()(evidence)
    app.command()(reconcile)
    return app


def run() -> int:
    """Run the command of `sys.argv`; returns its exit code."""
    try:
        build_app()(prog_name="onward")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except _SAID_IN_WORDS as error:
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False)
        return 1
    return 0


def main() -> None:
    """Run the command and end this process with its exit code."""
    code = run()
    sys.stdout.flush()
    sys.stderr.flush()
    # The Temporal SDK's threads may crash an orderly interpreter exit; everything is closed and flushed by now.
    os._exit(code)


if __name__ == "__main__":
    main()
