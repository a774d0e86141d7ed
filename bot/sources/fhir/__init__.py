"""FHIR R4: polled, delivered or out of a file. `reader` is pure and the way in."""
