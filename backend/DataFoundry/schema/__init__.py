"""What a table is: the kind of each column, its keys, and the rules that its rows keep. Found once, used everywhere."""
