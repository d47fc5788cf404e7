"""LINE messages before they are sent: composed, checked, filled with values."""
