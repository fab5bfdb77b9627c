"""What a capacity session says, computed from its trials alone, wherever they are read."""
