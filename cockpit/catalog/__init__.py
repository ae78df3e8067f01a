"""What is known of accelerators, of what they cost, and of models: dated tables with sources."""
