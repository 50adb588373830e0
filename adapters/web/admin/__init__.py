"""The admin side in the browser. Pages show and hand over; what they do is done in `core/admin`."""
