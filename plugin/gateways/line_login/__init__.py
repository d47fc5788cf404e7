"""LINE Login and LIFF."""
