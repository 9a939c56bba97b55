"""Rucio's daemons in one process. Each runs one pass when a look at the database says that it has work, so that a rule
moves within a second and an idle lake costs next to nothing."""
import logging
import os
import sys
import time
import traceback
from collections import namedtuple

import psycopg

from lakeconfig import DATABASE

NOW = "(now() at time zone 'utc')"
LOOK = 0.3      # seconds between two looks
REPAIR = 1800   # seconds a rule stays STUCK before it is tried again, as in production (a boosted rule at once)

# work: SQL that counts what waits; patience: the longest time in seconds between two passes over work that does not change
Daemon = namedtuple('Daemon', 'name work patience run')


def load():
    """Imports the daemons (slow) and takes out their waiting for other workers."""
    from rucio.daemons.abacus.account import account_update
    from rucio.daemons.abacus.collection_replica import collection_replica_update
    from rucio.daemons.abacus.rse import rse_update
    from rucio.daemons.conveyor.finisher import finisher
    from rucio.daemons.conveyor.poller import poller
    from rucio.daemons.conveyor.submitter import submitter
    from rucio.daemons.judge import repairer
    from rucio.daemons.judge.cleaner import rule_cleaner
    from rucio.daemons.judge.evaluator import re_evaluator
    from rucio.daemons.judge.injector import rule_injector
    from rucio.daemons.reaper import reaper
    from rucio.daemons.transmogrifier.transmogrifier import transmogrifier
    from rucio.daemons.undertaker.undertaker import undertaker
    from dogpile.cache import make_region

    # many wait a second for other workers before they begin, even with once=True
    for name, module in list(sys.modules.items()):
        if name.startswith('rucio.daemons.'):
            for attribute in ('graceful_stop', 'GRACEFUL_STOP'):
                event = getattr(module, attribute, None)
                if event is not None:
                    event.wait = lambda timeout=None, event=event: time.sleep(min(timeout or 0, 0.02)) or event.is_set()
    # the reaper leaves a storage alone for two minutes after it found nothing to delete there
    reaper.REGION = make_region().configure('dogpile.cache.null')
    # with once=True the repairer takes every stuck rule, so that STUCK would flicker
    stuck_rules = repairer.get_stuck_rules
    repairer.get_stuck_rules = lambda *args, **kwargs: stuck_rules(*args, **{**kwargs, 'delta': REPAIR})

    def requests(states):
        return f"SELECT count(*) FROM requests WHERE state IN ({','.join(repr(s) for s in states)})"

    return [
        Daemon('submitter', requests('Q'), 5, lambda: submitter(once=True, partition_wait_time=0, sleep_time=0)),
        Daemon('poller', requests('SG'), 1, lambda: poller(once=True, older_than=0, partition_wait_time=0, sleep_time=0)),
        Daemon('finisher', requests('DFLNOAM'), 5, lambda: finisher(once=True, partition_wait_time=0, sleep_time=0)),
        Daemon('judge-evaluator', 'SELECT count(*) FROM updated_dids', 5, lambda: re_evaluator(once=True, sleep_time=0)),
        Daemon('judge-injector', f"SELECT count(*) FROM rules WHERE state = 'I' AND created_at <= {NOW}", 5, lambda: rule_injector(once=True, sleep_time=0)),
        Daemon('judge-cleaner', f'SELECT count(*) FROM rules WHERE expires_at <= {NOW}', 5, lambda: rule_cleaner(once=True, sleep_time=0)),
        Daemon('judge-repairer', f"SELECT count(*) FROM rules WHERE state = 'S' AND updated_at < {NOW} - interval '{REPAIR} s'", 10, lambda: repairer.rule_repairer(once=True, sleep_time=0)),
        Daemon('undertaker', f'SELECT count(*) FROM dids WHERE expired_at < {NOW}', 10, lambda: undertaker(once=True, sleep_time=0)),
        Daemon('reaper', f'SELECT count(*) FROM rses JOIN replicas ON rse_id = rses.id AND tombstone < {NOW}', 5,
               lambda: reaper.reaper(once=True, rses=[], include_rses=None, exclude_rses=None, greedy=True, delay_seconds=0, sleep_time=60)),
        Daemon('transmogrifier', "SELECT count(*) FROM dids WHERE is_new AND EXISTS (SELECT 1 FROM subscriptions WHERE state = 'A')", 10, lambda: transmogrifier(once=True, sleep_time=0)),
        Daemon('abacus-account', 'SELECT count(*) FROM updated_account_counters', 5, lambda: account_update(once=True, sleep_time=0)),
        Daemon('abacus-rse', 'SELECT count(*) FROM updated_rse_counters', 5, lambda: rse_update(once=True, sleep_time=0)),
        Daemon('abacus-collection-replica', 'SELECT count(*) FROM updated_col_rep', 5, lambda: collection_replica_update(once=True, sleep_time=0)),
    ]


class Backoff:
    """When a daemon shall run: at once on new work, ever more rarely while the amount stays the same."""

    def __init__(self, patience):
        self.patience, self.count, self.pause, self.next = patience, 0, LOOK, 0.0
        self.told = False

    def due(self, count, now):
        if count == 0:
            self.count = 0
            return False
        if count != self.count:
            self.count, self.pause, self.next, self.told = count, LOOK, now, False
        if now < self.next:
            return False
        self.next = now + self.pause
        self.pause = min(self.pause * 2, self.patience)
        return True


def main(daemons):
    """Runs until the parent process is gone."""
    logging.getLogger().setLevel(logging.WARNING)
    parent = os.getppid()
    question = 'SELECT ' + ', '.join(f'({d.work})' for d in daemons)
    waiting = [Backoff(d.patience) for d in daemons]
    with psycopg.connect(f'{DATABASE}/rucio', autocommit=True) as database:
        while os.getppid() == parent:
            counts = database.execute(question).fetchone()
            for daemon, backoff, count in zip(daemons, waiting, counts):
                if not backoff.due(count, time.monotonic()):
                    continue
                started = time.monotonic()
                try:
                    daemon.run()
                except Exception:
                    print('daemon', daemon.name, 'failed', flush=True)
                    traceback.print_exc()
                if not backoff.told:
                    backoff.told = True
                    print(f'{time.strftime("%H:%M:%S")} {daemon.name}: {count} waiting, {time.monotonic() - started:.2f} s', flush=True)
            time.sleep(LOOK)
