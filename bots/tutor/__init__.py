"""A tutor: see README.md."""
