"""The e-mail channel: mail that comes in becomes messages of tickets, and notices go out as mail."""
