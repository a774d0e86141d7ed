"""One ASGI app on one port: health, metrics, and the routes that others bring."""
