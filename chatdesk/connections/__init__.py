"""The socket side that players and agents share."""
