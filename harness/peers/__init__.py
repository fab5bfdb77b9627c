"""The same ring drained by C and by our readers, the same load watched by others: what Python costs, side by side."""
