"""LINE Login and LIFF pages."""
