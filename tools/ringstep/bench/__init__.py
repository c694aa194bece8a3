"""What the course costs: in the guest, on the host, and as it grows."""
