"""The command line: `remora` is `python -m bots`. Each verb is a module of `bots/_cli` that exports `command`."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules

import click

from core.errors import RemoraError


class _Verbs(click.Group):
    """Finds the verbs by the names of their modules, and imports only the one that is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(module.name.strip("_") for module in iter_modules(import_module("bots._cli").__path__))

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(_ctx):
            return None
        found = import_module(f"bots._cli.{name}").command
        assert isinstance(found, click.Command)
        return found


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--debug", is_flag=True, help="Show where an error comes from.")
def remora(debug: bool) -> None:
    """Remora, an assistant for Slack and Telegram that keeps its promises."""
    click.get_current_context().obj = debug


def main() -> None:
    """Runs a verb; an error is one line of what and one of how to mend it, and its class gives the exit code."""
    debug = "--debug" in sys.argv[1:]
    try:
        result = remora(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except RemoraError as error:
        if debug:
            raise
        click.echo(f"remora: {error.what}", err=True)
        if error.mend:
            click.echo(f"  mend: {error.mend}", err=True)
        sys.exit(error.exit_code)
    sys.exit(result if isinstance(result, int) else 0)


if __name__ == "__main__":
    main()
