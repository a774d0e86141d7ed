"""Readback: closed-loop paging for critical imaging results."""
