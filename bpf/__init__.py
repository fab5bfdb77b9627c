"""The kernel side: the one program, its loader, ring readers, symbols and drop reasons."""
