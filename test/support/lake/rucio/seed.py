"""Fills an empty Rucio: tables, accounts, storages, files with their bytes, collections, rules. Written through Rucio's
core functions, which skip the gateway's name schema: that is how the odd names come in."""
import time

from rucio.db.sqla.constants import DatabaseOperationType
from rucio.db.sqla.session import db_session
from rucio.db.sqla.util import build_database, create_base_vo, create_root_account

import accounts
import data
import storages


def main():
    """Returns what LakeSeed in info.ts describes."""
    def timed(what, work):
        started = time.time()
        result = work()
        print(f'{what}: {time.time() - started:.2f} s', flush=True)
        return result

    timed('tables', build_database)
    create_base_vo()
    create_root_account()
    with db_session(DatabaseOperationType.WRITE) as session:
        timed('accounts', lambda: accounts.add(session))
        rses = timed('storages', lambda: storages.add(session))
        timed('quotas', lambda: accounts.add_quotas(rses, session))
        return timed('data', lambda: data.add(rses, session))
