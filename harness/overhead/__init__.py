"""What attaching a tool costs what it traces: the workload, the tools, and their turns."""
