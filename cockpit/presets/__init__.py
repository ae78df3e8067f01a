"""What the user keeps."""
