"""Bytes from outside, turned into reports. What each sender is known to do is kept in here."""
