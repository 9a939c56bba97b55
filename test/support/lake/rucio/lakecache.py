"""Rucio without memcached caches nothing and reads a storage's settings again for every row of a replica listing
(10 000 files: three minutes). This gives each process a cache of its own instead. To be imported before all of Rucio."""
from rucio.common import cache

SECONDS = 15  # a change made through another process is seen after this time at the latest


def _configure(self, expiration_time, memcached_expire_time):
    self.configure('dogpile.cache.memory', expiration_time=min(expiration_time, SECONDS))


if not cache.ENABLE_CACHING:
    cache.MemcacheRegion._configure_region = _configure
