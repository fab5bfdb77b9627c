"""Modes that cost something known, as files to be handed to --mode."""

CYCLIC = """
from modes import Mode

class Node:
    pass

class Cyclic(Mode):
    def on_record(self, ctx, data, size):
        node = Node()
        node.me = node
        self.consumed += 1
        return self.halt
"""

# Sleeps 20 ms once a second: what happens then waits.
NAPPING = """
import time
from modes import Mode

class Napping(Mode):
    def __init__(self, kit):
        super().__init__(kit)
        self.next = time.monotonic() + 0.3

    def take(self, samples):
        self.consumed += len(samples)
        if time.monotonic() >= self.next:
            time.sleep(0.02)
            self.next += 1.0
"""

# Holds each batch back for a known time.
DELAYING = """
import time
from modes import Mode

class Delaying(Mode):
    def take(self, samples):
        time.sleep(DELAY_S)
        self.consumed += len(samples)
"""
