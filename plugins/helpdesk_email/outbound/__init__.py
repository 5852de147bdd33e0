"""From a message in words to a mail that another server took over: building it, and the talk that hands it on."""
