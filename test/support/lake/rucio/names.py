"""Names that programs trip over: all that the generic schema allows, and some that it does not, as communities with a
schema of their own have them."""
import storages

REMOTE, MOUNTED = 'XRD2_DATADISK', 'EULAKE-1'

# what the name is about -> the part of the name
ODD = {
    'colon': 'a:b', 'percent': '100%', 'escape': 'a%20b', 'hash': 'a#b', 'plus': 'a+b', 'space': 'a b', 'leading slash': '/odd/a', 'question mark': 'a?b=c',
    'ampersand': 'a&b', 'quotes': 'a\'b"c', 'equals, at, comma, semicolon': 'a=b@c,d;e', 'letters of the world': 'Größe-é-名', 'brackets': 'a[1](2){3}', 'backslash': 'a\\b',
}
# XRootD takes what follows a decoded question mark as parameters, and answers with another file or none
NOT_TRANSFERABLE = {'question mark'}
# Rucio hands gfal the PFN with the name as it is: it refuses some (the replica stays BEING_DELETED, and the RSE takes no
# new rule for the file), and decodes others (the replica goes, the bytes stay)
NOT_REMOVABLE = {'percent', 'escape', 'space', 'quotes', 'letters of the world', 'brackets', 'backslash', *NOT_TRANSFERABLE}
ALPHABET = [
    '12345', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ.root', 'abcdefghijklmnopqrstuvwxyz-0123456789_.root', '/lead/ing/slash.root', 'in/ner/sla/shes.root', 'a', 'no_ending',
    'two..dots.root', 'ends.with.', 'long.' + 'x' * 195 + '.root',
]
# allowed by the schema all the same; in the catalogue only
HOSTILE = ['/../../../../../../tmp/escape.root', 'a/../../../b.root', '/..', 'a//b///c.root', 'x/./y.root', '0' * 250]


def add(c, dids):
    """Returns OddName[] of info.ts."""
    dids['alphabet'] = c.dataset('test', 'ds.alphabet', [c.file('test', name, c.content('notes', n), [REMOTE]) for n, name in enumerate(ALPHABET)], rule_at=REMOTE)
    dids['hostile'] = c.dataset('test', 'ds.hostile', [c.file('test', name, c.content('notes', n), [REMOTE], on_disk=False) for n, name in enumerate(HOSTILE)])
    odd, far, here = [], [], []
    for n, (what, part) in enumerate(ODD.items()):
        for rows, suffix, rse in ((far, '.far.txt', REMOTE), (here, '.here.txt', MOUNTED)):
            name = part + suffix
            content = c.content('notes', n)
            rows.append(c.file('test', name, content, [rse]))
            row = {'did': f'test:{name}', 'what': what, 'adler32': content['adler32'], 'bytes': content['bytes'], 'rse': rse,
                   'transfers': what not in NOT_TRANSFERABLE, 'removable': what not in NOT_REMOVABLE}
            odd.append({**row, 'path': storages.path_below_prefix(rse, 'test', name)} if rse == MOUNTED else row)
    dids['odd-names'] = c.dataset('test', 'ds.odd.far', far, rule_at=REMOTE)
    dids['odd-here'] = c.dataset('test', 'ds.odd.here', here, rule_at=MOUNTED)
    dids['odd-dataset'] = c.dataset('test', '/odd: 100% of #1 a+b?', far[:3], rule_at=REMOTE)
    return odd
