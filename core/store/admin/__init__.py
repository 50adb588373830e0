"""What the admin side keeps and asks of the database."""
