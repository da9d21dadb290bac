"""What every test shares: examples that are the same on every run, and no limit on the time of one."""

from hypothesis import settings

settings.register_profile("book", deadline=None, derandomize=True, database=None)
settings.load_profile("book")
