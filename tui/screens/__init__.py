"""One file a screen; screens only wire."""
