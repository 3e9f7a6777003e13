"""What every screen has around its view."""
