"""What a training costs: rented, subscribed to, bought."""
