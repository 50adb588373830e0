"""Files of conversations: what is in them, what is wrong with them, and how they become training data."""
