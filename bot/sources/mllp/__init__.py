"""MLLP: the server that senders connect to, and the client that replays to one."""
