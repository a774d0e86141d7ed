"""`readback migrate`: bring the database's tables up to date."""

from bot.cli.opening import ConfigFile, clock_for, database_of, operator, settings_from
from bot.cli.shown import AsJson, print_json, say


def migrate(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Create the database's tables, or bring them up to date. `serve` does it by itself."""
    from bot.app.timekeeping import steady
    from bot.domain.effects import Record
    from storage import audit

    settings = settings_from(config)
    with database_of(settings, create=True) as database:
        if database.migrate():
            done, now = Record("migrated", operator()), steady(database, clock_for(settings)).now()
            database.run(lambda c: audit.append(c, audit.ADMIN, [done], now))
        dialect = database.dialect
    if as_json:
        print_json({"ok": True, "database": dialect})
    else:
        say(f"The {dialect} database is up to date.")
