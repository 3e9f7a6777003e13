"""The command line, the app, one file a screen."""
