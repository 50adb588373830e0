"""What the local backend is made of: a thread that serves many streams, runners that know a model's arithmetic, and text.

Only `core.lm.local` and `core.lm.weights` use it. Nothing here imports torch before the thread starts to load.
"""
