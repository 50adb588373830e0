"""Intents that people who do not program edit live: what they are, how they are recognised, releases of them."""
