"""Each platform's protocol: the methods and values that the rest of Musubi uses."""
