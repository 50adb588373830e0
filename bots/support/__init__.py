"""Customer service of a small shop, as an example: copy the folder and put your own documents, intents and orders in."""
