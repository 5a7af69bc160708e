"""Pieces of the page that the browser draws itself: a Vue file each, and the Python component that feeds it."""
