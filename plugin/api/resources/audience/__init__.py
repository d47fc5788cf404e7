"""Resources about whom messages go to, and what is known of them."""
