"""The support site of STÜBER SYSTEMS: what is on, and in which words. Another vendor begins with a copy of this."""
