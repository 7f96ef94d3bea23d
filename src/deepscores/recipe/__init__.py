"""What a user asks for, checked and resolved."""
