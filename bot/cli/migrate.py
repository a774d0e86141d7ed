"""`readback migrate`: bring the database's tables up to date."""

from bot.cli.opening import ConfigFile, database_of, settings_from
from bot.cli.shown import AsJson, print_json, say


def migrate(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Create the database's tables, or bring them up to date. `serve` does it by itself."""
    settings = settings_from(config)
    with database_of(settings, create=True) as database:
        database.migrate()
        dialect = database.dialect
    if as_json:
        print_json({"ok": True, "database": dialect})
    else:
        say(f"The {dialect} database is up to date.")
