"""How fast Readback is, as ratios to a reference that runs in the same minute on the same machine.

Absolute numbers swing by a factor of two on shared machines; the goals, in goals.py, are therefore
ratios.
"""
