"""The loops: what comes in, what falls due, what goes out. It knows no source and no channel."""
