"""One HTML page that needs nothing but itself: no network, and no JavaScript to be read."""
