"""Pictures, videos and files: checked, stored, and made into the sizes that LINE asks for."""
