"""What follows from other columns is left out of the network and worked out after drawing."""
