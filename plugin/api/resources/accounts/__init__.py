"""Resources about Official Accounts and what belongs to each."""
