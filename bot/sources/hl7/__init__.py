"""HL7 v2: bytes in, reports out. Pure; `reader` is the way in."""
