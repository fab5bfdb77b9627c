"""Known drops laid beside what a tool reported, and what it admitted as lost."""
