"""One HTML page that needs nothing but itself: no network, and no JavaScript to be read."""

import logging

# Where no home can be written to, matplotlib goes on without its cache; what it says of that, while it is imported, is
# advice that nobody who wants a page can follow.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
