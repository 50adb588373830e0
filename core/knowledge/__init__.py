"""A bot's documents: read into passages, kept in the database, searched in memory, quoted in answers.

`reading` makes passages of a file (`markup` of HTML and Markdown, `pdf` of PDF, `faq` of questions with answers) in a
process of its own, `documents` keeps them, `library` holds those in force and finds, `answers` judges what was found.
"""
