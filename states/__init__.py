"""What a campaign is: decides and remembers."""
