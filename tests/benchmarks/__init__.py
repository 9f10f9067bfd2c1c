"""Measurements that are run by hand, each a module with a command line of its own."""
