"""The pages of the customers' web channel, one file a subject.

A page reads the rooms of the core and changes nothing but by their commands; it knows no server, no cookie and no
socket.
"""
