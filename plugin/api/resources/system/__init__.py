"""Resources about the installation itself."""
