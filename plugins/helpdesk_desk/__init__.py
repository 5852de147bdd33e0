"""The agents' workspace: lists of tickets, answers and notes, built on the web channel's published hooks."""
