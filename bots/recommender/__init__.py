"""A recommender of films and music: see README.md."""
