"""What is remembered of people, and found again.

`statements` reads what a sentence says of its writer, `questions` what it asks of that, `wishes` what a person wants of their
memory; `past` ranks what was said before, `recall` does that on the database; `keeping` hands facts to the turn's end.
"""
