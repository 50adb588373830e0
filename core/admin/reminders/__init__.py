"""Reminders as an admin works with them: the pages and the command line call the same functions here."""
