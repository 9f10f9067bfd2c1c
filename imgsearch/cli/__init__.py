"""The command line: each command parses, calls a workflow and prints. Nothing else imports typer or rich."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Annotated

import typer

from imgsearch import __version__
from imgsearch.cli.console import complain
from imgsearch.cli.lazy import LazyGroup
from imgsearch.cli.streams import OutputError, abandon_output, prepare_streams
from imgsearch.errors import UserError

app = typer.Typer(
    name="imgsearch",
    cls=LazyGroup,
    help="Find the pictures that are like this one, by a notion of similarity that you can train.",
    epilog="Example: imgsearch index ./photos && imgsearch query cat.jpg",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a bug keeps its plain traceback
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Newer Typers have a copy of click inside, older ones use the package: either way this is its base of usage errors.
_CommandLineError: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"imgsearch {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run the command line and exit with its code, see the contract in the README."""
    sys.exit(_run())


def program() -> None:
    """Be the `imgsearch` command: `main`, but that the process ends without being taken apart.

    That takes the interpreter, with ONNX Runtime in it, a fifth of the time of a whole query. Nothing is left to do
    then: files, threads and the index are closed by those that opened them; torch is left to its own ways.
    """
    code = _run()
    if "torch" in sys.modules:
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(code)


def _run() -> int:
    prepare_streams()
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except UserError as error:
        complain(str(error))
        if isinstance(error, OutputError):
            abandon_output()
        return 2
    except _CommandLineError as error:
        return _explain(error)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except (BrokenPipeError, SystemExit) as end:
        # Typer and rich turn a closed pipe into an exit with code 1
        if not isinstance(end, BrokenPipeError) and not isinstance(end.__context__, BrokenPipeError):
            raise
        # Who read the answer has enough: that is no error, and neither is what Python still wants to flush on exit.
        abandon_output()
        return 0
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    """Say what is wrong with the command line, and return the exit code."""
    message = error.format_message().rstrip(".")  # type: ignore[attr-defined] # found by name above: mypy sees Exception
    if not message:  # no arguments at all, and the help was shown
        return 0
    command = getattr(getattr(error, "ctx", None), "command_path", "imgsearch")
    complain(f"{message} (see {command} --help)")
    return 2
