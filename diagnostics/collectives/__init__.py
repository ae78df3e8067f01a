"""How fast ranks talk to each other, and whether what arrives is right."""
