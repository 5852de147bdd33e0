"""The kit for those who test sites and plugins: real databases, a clock to move, a channel that remembers."""
