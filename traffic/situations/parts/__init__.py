"""What situations share."""
