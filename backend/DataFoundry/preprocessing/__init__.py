"""Tables as tokens that networks learn, and back; what is learnt is plain data."""
