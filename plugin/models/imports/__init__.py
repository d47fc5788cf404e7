"""Rows of imports, bulk issues of personal links and nightly reconciles."""
