"""Where tasks run: in this process or in contained workers."""
