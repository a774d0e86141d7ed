"""What a radiologist dictates, in whatever message it came: sections, macros, documented calls."""
