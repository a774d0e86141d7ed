"""`python -m bot`: the console script, for whoever has the interpreter at hand."""

from bot.cli import main

main()
