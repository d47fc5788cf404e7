"""Rows of QR codes, personal links and login attempts."""
