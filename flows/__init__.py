"""What happens by itself: rounds, mail, the clock and the command line."""
