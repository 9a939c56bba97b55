"""Much data, in the catalogue only: the dataset scale:ds.N of N files (on SCALE_DATADISK, with replicas, one OK rule, locks
and counters), and N DIDs in the scope `scale` by that. One SQL statement for each table. usage: scale.py N
May be run beside a running lake; a size that is there already is left as it is."""
import sys
import time
import uuid

import psycopg

from lakeconfig import DATABASE

SCOPE, RSE = 'scale', 'SCALE_DATADISK'
STATEMENTS = """
CREATE TEMPORARY TABLE file ON COMMIT DROP AS
  SELECT '{prefix}' || lpad(i::text, 7, '0') || '.root' AS name, 1000 + i AS bytes, md5(i::text) AS md5, lpad(to_hex(i), 8, '0') AS adler32 FROM generate_series(1, {n}) i;
INSERT INTO dids (scope, name, account, did_type, monotonic, hidden, obsolete, availability, suppressed, bytes, length, md5, adler32, purge_replicas, created_at, updated_at)
  SELECT '{scope}', name, 'root', 'F', false, false, false, 'A', false, bytes, 1, md5, adler32, false, {now}, {now} FROM file;
INSERT INTO dids (scope, name, account, did_type, is_open, monotonic, hidden, obsolete, availability, suppressed, bytes, length, purge_replicas, created_at, updated_at)
  SELECT '{scope}', '{dataset}', 'root', 'D', false, false, false, false, 'A', false, sum(bytes), {n}, false, {now}, {now} FROM file;
INSERT INTO contents (scope, name, child_scope, child_name, did_type, child_type, bytes, adler32, md5, created_at, updated_at)
  SELECT '{scope}', '{dataset}', '{scope}', name, 'D', 'F', bytes, adler32, md5, {now}, {now} FROM file;
INSERT INTO replicas (rse_id, scope, name, bytes, md5, adler32, state, lock_cnt, created_at, updated_at)
  SELECT {rse}, '{scope}', name, bytes, md5, adler32, 'A', 1, {now}, {now} FROM file;
INSERT INTO rules (id, account, scope, name, did_type, state, rse_expression, copies, locked, locks_ok_cnt, locks_replicating_cnt, locks_stuck_cnt, activity, grouping,
    notification, purge_replicas, ignore_availability, ignore_account_limit, priority, split_container, created_at, updated_at)
  VALUES ('{rule}', 'root', '{scope}', '{dataset}', 'D', 'O', '{rse_name}', 1, false, {n}, 0, 0, 'User Subscriptions', 'D', 'N', false, false, false, 3, false, {now}, {now});
INSERT INTO locks (scope, name, rule_id, rse_id, account, bytes, state, created_at, updated_at)
  SELECT '{scope}', name, '{rule}', {rse}, 'root', bytes, 'O', {now}, {now} FROM file;
INSERT INTO dataset_locks (scope, name, rule_id, rse_id, account, state, length, bytes, accessed_at, created_at, updated_at)
  SELECT '{scope}', '{dataset}', '{rule}', {rse}, 'root', 'O', {n}, sum(bytes), {now}, {now}, {now} FROM file;
INSERT INTO collection_replicas (scope, name, did_type, rse_id, bytes, length, available_bytes, available_replicas_cnt, state, accessed_at, created_at, updated_at)
  SELECT '{scope}', '{dataset}', 'D', {rse}, sum(bytes), {n}, sum(bytes), {n}, 'A', {now}, {now}, {now} FROM file;
"""


def main(n):
    started = time.time()
    values = {'n': n, 'scope': SCOPE, 'dataset': f'ds.{n}', 'prefix': f'f{n}.', 'rule': uuid.uuid4().hex, 'rse_name': RSE,
              'rse': f"(SELECT id FROM rses WHERE rse = '{RSE}')", 'now': "(now() at time zone 'utc')"}
    with psycopg.connect(f'{DATABASE}/rucio') as database:
        if database.execute('SELECT 1 FROM dids WHERE scope = %s AND name = %s', (SCOPE, values['dataset'])).fetchone():
            return
        database.execute("INSERT INTO scopes (scope, account, is_default, status, created_at, updated_at) VALUES (%s, 'root', false, 'O', now(), now()) ON CONFLICT DO NOTHING", (SCOPE,))
        for statement in STATEMENTS.format(**values).split(';\n'):
            if statement.strip():
                database.execute(statement)
        database.commit()
        database.autocommit = True
        database.execute('ANALYZE')
    print(f'{SCOPE}:ds.{n}: {time.time() - started:.2f} s')


if __name__ == '__main__':
    main(int(sys.argv[1]))
