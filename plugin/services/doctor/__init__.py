"""The doctor: asks the platforms and Musubi itself whether each prerequisite holds."""
