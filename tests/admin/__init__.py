"""The admin side in process, over ASGI: what pages show, what they refuse, and what they change."""
