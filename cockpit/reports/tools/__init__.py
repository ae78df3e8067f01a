"""What a tool found as files for people and programs: Markdown, CSV, JSON, text, pictures."""
