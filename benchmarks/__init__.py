"""How fast Readback is, as ratios to a reference that runs in the same minute on the same machine.

Absolute numbers swing by a factor of two on shared machines; the goals are therefore ratios. They
are those of the design: see docs/architecture.md.
"""
