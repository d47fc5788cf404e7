"""QR codes, their settings and images."""
