"""The rules of closed-loop paging: pure, standard library only.

Nothing here reads a clock, a file, the environment or the network. ``now`` and every
identifier come in as arguments, and all datetimes are aware.
"""
