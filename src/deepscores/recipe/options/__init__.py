"""Every option of every command, each declared once."""
