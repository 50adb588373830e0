"""The screens: each module here is one, by its `SCREEN`. There is no list."""
