"""What the Tools mode shows, as plain values: no Textual in here."""
