"""One plan carried out on many hosts, each of which decides for itself what it runs."""
