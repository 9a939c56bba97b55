"""The lake's data: files with their bytes, collections, metadata, and one rule of every state.
The roles (demo, partly, …) are those of LakeSeed in info.ts; tests find everything by them."""
import json
import os

from rucio.common.types import InternalScope
from rucio.core import did, replica, rule
from rucio.db.sqla import models
from rucio.db.sqla.constants import DIDAvailability, DIDType

import names
import storages
from accounts import ALICE, ROOT, SCOPES
from lakeconfig import LAKE

SCRATCH, REMOTE, MOUNTED, TAPE = 'XRD1_SCRATCHDISK', 'XRD2_DATADISK', 'EULAKE-1', 'XRD2_TAPE'
GB = 1 << 30
MONTH = 30 * 86400


class Catalogue:
    """Adds files and collections; replicas are written in bulk, just before a collection needs them."""

    def __init__(self, rses, session):
        self.rses, self.session, self.pending = rses, session, {}
        with open(os.path.join(LAKE['content'], 'content.json'), encoding='utf-8') as listing:
            self.contents = json.load(listing)

    def content(self, key, number):
        every = self.contents[key]
        return every[number % len(every)]

    def file(self, scope, name, content, rses, on_disk=True):
        """A file with these contents on the disks of the named RSEs; on_disk=False: in the catalogue only."""
        row = {'scope': InternalScope(scope), 'name': name, **{k: content[k] for k in ('bytes', 'adler32', 'md5')}}
        for rse in rses:
            if on_disk:
                storages.put(rse, scope, name, os.path.join(LAKE['content'], content['file']))
            self.pending.setdefault(rse, []).append(row)
        return row

    def files(self, scope, pattern, key, count, rses, on_disk=True):
        return [self.file(scope, pattern.format(n + 1), self.content(key, n), rses, on_disk) for n in range(count)]

    def dataset(self, scope, name, files, account=ROOT, close=False, rule_at=None, **meta):
        self.flush()
        did.add_did(InternalScope(scope), name, DIDType.DATASET, account, meta=meta or None, session=self.session)
        if files:
            did.attach_dids(InternalScope(scope), name, [dict(f) for f in files], account, session=self.session)
        if close:
            did.set_status(InternalScope(scope), name, open=False, session=self.session)
        if rule_at:
            self.rule((scope, name), rule_at, account=ROOT)
        return scope, name

    def container(self, scope, name, children):
        did.add_did(InternalScope(scope), name, DIDType.CONTAINER, ROOT, session=self.session)
        if children:  # Rucio answers an empty list with a database error
            did.attach_dids(InternalScope(scope), name, [{'scope': InternalScope(s), 'name': n} for s, n in children], ROOT, session=self.session)
        return scope, name

    def flush(self):
        for rse, rows in self.pending.items():
            replica.add_replicas(self.rses[rse], [dict(row) for row in rows], ROOT, session=self.session)
        self.pending = {}

    def rule(self, of, rse, account=ALICE, **options):
        """Returns LakeRule of info.ts."""
        scope, name = of
        given = {'grouping': 'DATASET', 'weight': None, 'lifetime': None, 'locked': False, 'subscription_id': None, 'activity': 'User Subscriptions', **options}
        ids = rule.add_rule([{'scope': InternalScope(scope), 'name': name}], account, 1, rse, session=self.session, **given)
        return {'id': ids[0], 'did': f'{scope}:{name}', 'rse': rse}

    def forget_replicas(self, files):
        """Known files without a replica anywhere, as after the loss of a disk."""
        self.flush()
        for row in files:
            self.session.query(models.RSEFileAssociation).filter_by(scope=row['scope'], name=row['name']).delete()
            self.session.query(models.DataIdentifier).filter_by(scope=row['scope'], name=row['name']).update({'availability': DIDAvailability.LOST})


def add(rses, session):
    """Returns what LakeSeed in info.ts describes."""
    c = Catalogue(rses, session)
    dids, rules = {}, {}
    add_collections(c, dids)
    add_metadata(session)
    odd = names.add(c, dids)
    add_rules(c, dids, rules)
    c.flush()
    return {'scopes': list(SCOPES), 'dids': {role: f'{s}:{n}' for role, (s, n) in dids.items()}, 'rules': rules, 'odd': odd}


def add_collections(c, dids):
    raw = c.files('test', 'raw.run001.evt{:05d}.root', 'raw', 8, [SCRATCH, REMOTE])
    dids['two-sites'] = dids['metadata'] = c.dataset('test', 'ds.raw.run001', raw, close=True, rule_at=REMOTE, project='data26', datatype='RAW', run_number=1, stream_name='physics_Main')
    raw2 = c.files('test', 'raw.run002.evt{:05d}.root', 'small', 10, [REMOTE])
    run2 = c.dataset('test', 'ds.raw.run002', raw2, close=True, rule_at=REMOTE, project='data26', datatype='RAW', run_number=2)
    aod = c.files('test', 'aod.2026.part{:02d}.root', 'aod', 6, [REMOTE])
    dids['elsewhere'] = dids['open'] = c.dataset('test', 'ds.aod.2026', aod, rule_at=REMOTE, project='data26', datatype='AOD', version='v1')
    dids['demo'] = dids['closed'] = c.dataset('test', 'ds.demo.zmumu', c.files('test', 'zmumu.{:03d}.root', 'zmumu', 4, [REMOTE]),
                                              close=True, rule_at=REMOTE, project='mc26', datatype='NTUP', version='v1')
    dids['available'] = dids['text'] = c.dataset('eulake', 'ds.calib', c.files('eulake', 'calib.{:03d}.txt', 'calib', 5, [MOUNTED]), close=True)
    half = c.files('test', 'partly.{:03d}.root', 'small', 3, [REMOTE, MOUNTED])
    dids['partly'] = c.dataset('test', 'ds.partly', half + c.files('test', 'partly.more.{:03d}.root', 'small', 3, [REMOTE]), rule_at=REMOTE)
    dids['fits'] = c.dataset('astro', 'ds.sky', c.files('astro', 'field.{:03d}.fits', 'sky', 3, [REMOTE]), close=True, rule_at=REMOTE, project='survey26')
    dids['large'] = c.dataset('test', 'ds.large', c.files('test', 'large.{:d}.bin', 'large', 2, [REMOTE]), rule_at=REMOTE)
    dids['spare'] = c.dataset('test', 'ds.spare', c.files('test', 'spare.{:03d}.root', 'small', 4, [REMOTE]), rule_at=REMOTE)
    dids['mine'] = c.dataset('user.alice', 'my.dataset', c.files('user.alice', 'notes.{:d}.txt', 'notes', 3, [SCRATCH]), account=ALICE)
    dids['tape'] = c.dataset('data26', 'ds.archive', c.files('data26', 'archive.{:03d}.root', 'small', 2, [TAPE]), close=True, rule_at=TAPE)
    dids['lost'] = c.dataset('test', 'ds.lost', c.files('test', 'lost.{:03d}.root', 'small', 2, [REMOTE], on_disk=False))
    gone = c.files('test', 'gone.{:03d}.root', 'small', 2, [REMOTE], on_disk=False)
    dids['nowhere'] = dids['no-replicas'] = c.dataset('test', 'ds.nowhere', gone)
    c.forget_replicas(gone)
    # 3 GiB by the catalogue; more than anybody's quota at the mounted storage
    huge = [c.file('test', f'huge.{n}.bin', {'bytes': GB, 'adler32': f'{n:08x}', 'md5': f'{n:032x}'}, [REMOTE], on_disk=False) for n in (1, 2, 3)]
    dids['over-quota'] = c.dataset('test', 'ds.huge', huge)
    dids['empty-dataset'] = c.dataset('test', 'ds.empty', [])
    dids['empty-container'] = c.container('test', 'cont.empty', [])
    dids['container'] = c.container('test', 'cont.raw', [dids['two-sites'], run2])
    other = c.container('test', 'cont.aod', [dids['elsewhere'], dids['partly']])
    dids['deep-container'] = c.container('test', 'cont.all', [dids['container'], other])
    c.dataset('mc26', 'mc26.truetop.ds', c.files('mc26', 'mc26.truetop.{:03d}.root', 'small', 2, [REMOTE]), rule_at=REMOTE)
    c.dataset('group.muon', 'ds.selection', c.files('group.muon', 'selection.{:03d}.root', 'small', 2, [REMOTE]), rule_at=REMOTE)


def add_metadata(session):
    for name, quality in (('ds.raw.run001', 'good'), ('ds.raw.run002', 'unknown')):
        did.set_metadata(InternalScope('test'), name, 'experiment', 'lake', session=session)
        did.set_metadata(InternalScope('test'), name, 'quality', quality, session=session)


def add_rules(c, dids, rules):
    rules['ok'] = c.rule(dids['available'], MOUNTED, comment='already here')
    c.rule(dids['mine'], SCRATCH, lifetime=MONTH)
    # the stand-in for FTS holds everything to a path with /held. from its first start on
    held = dids['to-hold'] = c.dataset('test', 'ds.held', c.files('test', 'held.{:03d}.root', 'small', 3, [REMOTE]), rule_at=REMOTE)
    rules['replicating'] = c.rule(held, MOUNTED, comment='the FTS stand-in holds its transfers')
    broken = c.files('test', 'stuck.good.root', 'small', 1, [REMOTE]) + c.files('test', 'stuck.lost.root', 'small', 1, [REMOTE], on_disk=False)
    rules['stuck'] = c.rule(c.dataset('test', 'ds.stuck', broken), MOUNTED, comment='one file is not on its storage')

    def one_file(what):
        return c.dataset('test', f'ds.{what}', c.files('test', what + '.{:03d}.root', 'small', 1, [REMOTE]), rule_at=REMOTE)

    rules['waiting'] = c.rule(one_file('waiting'), MOUNTED, ask_approval=True, comment='please')
    rules['suspended'] = c.rule(one_file('suspended'), MOUNTED, comment='suspended by root')
    rule.update_rule(rules['suspended']['id'], {'state': 'suspended'}, session=c.session)
    rules['inject'] = c.rule(one_file('later'), MOUNTED, asynchronous=True, delay_injection=MONTH, comment='not before next month')
