"""What the admin side does: the pages, the JSON API and the command line call the same functions here."""
