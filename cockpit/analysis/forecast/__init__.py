"""What a training will take before it has begun: time, memory, money, and on what that rests."""
