"""What bench must know of the machine it runs on, and of who runs it."""
