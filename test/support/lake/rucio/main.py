"""Rucio in one process tree: imports it once (about 3 s), seeds an empty database, then forks two web servers (http, https)
and the daemons. Ends when one of them ends."""
import json
import os
import signal
import sys
import time
import traceback

from lakeconfig import DATABASE, DIR

STARTED = time.time()
SEEDED = f'{DIR}/seeded.json'  # what the seed made; written last, so its absence means: begin again


def note(text):
    print(f'{time.time() - STARTED:6.2f} s  {text}', flush=True)


def wait_for_database():
    import psycopg
    for _ in range(1200):
        try:
            with psycopg.connect(f'{DATABASE}/postgres', connect_timeout=2, autocommit=True) as server:
                if not server.execute("SELECT 1 FROM pg_database WHERE datname = 'rucio'").fetchone():
                    server.execute('CREATE DATABASE rucio')
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise SystemExit('PostgreSQL did not answer within a minute')


def fork(name, work):
    """Runs `work` in a child; its output goes to log/<name>.log."""
    from rucio.db.sqla import session
    # the web part opens a connection while it is imported; shared by two processes it breaks
    if getattr(session, '_ENGINE', None) is not None:
        session._ENGINE.dispose()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    log = os.open(f'{DIR}/log/{name}.log', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 1
    try:
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def seed_database():
    import seed
    result = seed.main()
    with open(f'{SEEDED}.new', 'w', encoding='utf-8') as out:
        json.dump(result, out, indent=1)
    os.rename(f'{SEEDED}.new', SEEDED)


def main():
    import lakecache  # noqa: F401  (before all of Rucio)
    from rucio.web.rest.main import application
    import daemons
    import serving
    workers = daemons.load()
    import alembic.command  # noqa: F401  (here, so that the seed need not)
    note('imported')
    wait_for_database()
    note('database is up')
    if not os.path.exists(SEEDED):
        if os.waitpid(fork('seed', seed_database), 0)[1] != 0:
            with open(f'{DIR}/log/seed.log', encoding='utf-8') as log:
                raise SystemExit('the seed failed:\n' + ''.join(log.readlines()[-12:]))
        note('seeded')
    children = {
        fork('rucio-http', lambda: serving.serve(application, 'http')): 'http',
        fork('rucio-https', lambda: serving.serve(application, 'https')): 'https',
        fork('daemons', lambda: daemons.main(workers)): 'daemons',
    }
    with open(f'{DIR}/run/rucio.json', 'w', encoding='utf-8') as out:
        json.dump({name: pid for pid, name in children.items()}, out)
    note('serving')
    pid, status = os.wait()
    note(f'{children.pop(pid, pid)} ended with {status}')
    for child in children:
        os.kill(child, signal.SIGKILL)
    raise SystemExit(1)


if __name__ == '__main__':
    main()
