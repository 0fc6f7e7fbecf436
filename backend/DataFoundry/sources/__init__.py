"""Where tables come from: files of every kind, behind one interface."""
