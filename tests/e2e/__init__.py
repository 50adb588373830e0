"""The whole product as people meet it: a real process, a real browser."""
