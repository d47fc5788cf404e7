"""What friends write, kept as conversations with the content that LINE deletes."""
