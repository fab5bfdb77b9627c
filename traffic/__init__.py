"""The testbed, the senders, and the kinds of drops: the load is a fact, stated and counted."""
