"""The RSEs (sites.ts describes them), and the way of a file's bytes onto their disks."""
import hashlib
import os
import shutil

from rucio.core import distance, rse
from rucio.db.sqla.constants import RSEType

from lakeconfig import DIR, LAKE, PORTS

RSES = LAKE['rses']
GFAL = 'rucio.rse.protocols.gfal.Default'


def add(session):
    """Returns the ids of the RSEs by their names."""
    ids = {}
    for name, spec in RSES.items():
        attributes = spec['attributes']
        ids[name] = rse.add_rse(name, deterministic=not spec.get('anywhere'), rse_type=RSEType[spec['type']], country_name=attributes['country'], session=session)
        # an operation that a protocol cannot do has no key: 0 would be the best priority
        first, second = {'read': 1, 'write': 1, 'delete': 1}, {'read': 2, 'write': 2, 'delete': 2}
        where = {'hostname': LAKE['host'], 'port': PORTS[spec['site']], 'impl': GFAL, 'extended_attributes': None}
        rse.add_protocol(ids[name], {**where, 'scheme': 'davs', 'prefix': spec['prefix'],
                                     'domains': {'wan': {**first, 'third_party_copy_read': 1, 'third_party_copy_write': 1}, 'lan': first}}, session=session)
        rse.add_protocol(ids[name], {**where, 'scheme': 'root', 'prefix': '/' + spec['prefix'], 'domains': {'wan': second, 'lan': second}}, session=session)
        more = {'fts': f"http://{LAKE['host']}:{PORTS['standin']}", 'oidc_support': True, 'verify_checksum': True, 'greedyDeletion': True, 'skip_upload_stat': False}
        for key, value in {**attributes, **more}.items():
            rse.add_rse_attribute(ids[name], key, value, session=session)
        rse.set_rse_usage(ids[name], source='storage', used=1 << 30, free=99 << 30, session=session)
    for source in ids.values():
        for destination in ids.values():
            if source != destination:
                distance.add_distance(source, destination, distance=1, session=session)
    return ids


def path_below_prefix(rse_name, scope, name):
    """Where a file lies below the RSE's prefix (rucio 41: rse/translation.py, hash and identity)."""
    folder = scope.replace('.', '/') if scope.startswith(('user', 'group')) else scope
    if RSES[rse_name]['attributes'].get('lfn2pfn_algorithm') == 'identity':
        return f'{folder}/{name}'
    digest = hashlib.md5(f'{scope}:{name}'.encode()).hexdigest()
    return f'{folder}/{digest[0:2]}/{digest[2:4]}/{name}'


def put(rse_name, scope, name, source):
    """Copies a file onto the RSE's disk, as the storage's own user would have written it."""
    top = os.path.join(DIR, 'storage', RSES[rse_name]['site'], 'data')
    path = os.path.normpath(f"{top}/{RSES[rse_name]['prefix']}/{path_below_prefix(rse_name, scope, name)}")
    if not path.startswith(f'{top}/'):
        raise ValueError(f'{scope}:{name} would leave the storage')
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copyfile(source, path)
    if LAKE['owner']:
        while path != top:
            os.chown(path, *LAKE['owner'])
            path = os.path.dirname(path)
