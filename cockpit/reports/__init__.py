"""What is known of runs as files for people and programs: JSON, Markdown, pictures."""
