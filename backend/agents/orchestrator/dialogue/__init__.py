"""Conversations: what a thread remembers, what a message means in it, and what is corrected."""
