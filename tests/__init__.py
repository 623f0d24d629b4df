"""The tests, one folder for each package; what they share is in `programs`."""
