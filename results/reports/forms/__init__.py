"""What answers are written as, a file a form."""
