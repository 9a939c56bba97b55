"""The test lake's policy package: who may do what (permission.py)."""
SUPPORTED_VERSION = ['>=41', '<42']
