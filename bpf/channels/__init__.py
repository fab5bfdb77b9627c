"""What carries events out of the kernel, a file each."""
