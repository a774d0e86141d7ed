"""Readback's tables, and the only code that speaks SQL."""
