"""The customers' web channel, and what other plugins build their pages on: see `hookspecs` and `routing`."""
