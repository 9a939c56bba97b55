"""The lake's accounts, their identities, scopes and quotas. root comes from Rucio's own bootstrap (ddmlab / secret)."""
from rucio.common.types import InternalAccount, InternalScope
from rucio.core import account, account_limit, identity, scope
from rucio.db.sqla.constants import AccountType, IdentityType

from lakeconfig import LAKE

ROOT = InternalAccount('root')
ALICE = InternalAccount('alice')
BOB = InternalAccount('bob')

SCOPES = {
    'test': ROOT, 'data26': ROOT, 'mc26': ROOT, 'astro': ROOT, 'eulake': ROOT, 'group.muon': ROOT, 'empty': ROOT,
    'user.root': ROOT, 'user.alice': ALICE, 'user.bob': BOB,
}
KB, GB = 1 << 10, 1 << 30
UNLIMITED = -1
# bytes by RSE; where there is no line the account may not write
QUOTAS = {
    ALICE: {'XRD1_SCRATCHDISK': 10 * GB, 'XRD2_DATADISK': 1 * GB, 'EULAKE-1': 2 * GB, 'JUPYTER-SCRATCH-EULAKE': 10 * GB, 'SCALE_DATADISK': UNLIMITED},
    BOB: {'XRD1_SCRATCHDISK': 1 * KB, 'EULAKE-1': 10 * KB, 'JUPYTER-SCRATCH-EULAKE': 10 * KB},
}


def _identity(name, kind, owner, session, default=True, password=None, new=True):
    email = f'{owner.external}@example.org'
    if new:
        identity.add_identity(name, kind, email, password=password, session=session)
    identity.add_account_identity(name, kind, owner, email, default=default, session=session)


def add(session):
    for person in (ALICE, BOB):
        name = person.external
        account.add_account(account=person, type_=AccountType.USER, email=f'{name}@example.org', session=session)
        _identity(name, IdentityType.USERPASS, person, session, password=f'{name}-pw')
        _identity(LAKE['dns'][name], IdentityType.X509, person, session)
    _identity(LAKE['dns']['service'], IdentityType.X509, ROOT, session)
    # the last one is Rucio itself, with client credentials
    for sub, owner in (('alice', ALICE), ('bob', BOB), ('root', ROOT), ('rucio', ROOT)):
        _identity(f"SUB={sub}, ISS={LAKE['issuer']}", IdentityType.OIDC, owner, session)
    # one person of two accounts, neither the default: with a password, and at the provider
    for name, kind, password in (('shared', IdentityType.USERPASS, 'shared-pw'), (f"SUB=shared, ISS={LAKE['issuer']}", IdentityType.OIDC, None)):
        _identity(name, kind, ALICE, session, default=False, password=password)
        _identity(name, kind, BOB, session, default=False, new=False)
    for name, owner in SCOPES.items():
        scope.add_scope(InternalScope(name), owner, session=session)


def add_quotas(rses, session):
    for person, limits in QUOTAS.items():
        for rse, limit in limits.items():
            account_limit.set_local_account_limit(person, rses[rse], limit, session=session)
    account_limit.set_global_account_limit(ALICE, 'tier=1', 5 * GB, session=session)
    for rse_id in rses.values():
        account_limit.set_local_account_limit(ROOT, rse_id, UNLIMITED, session=session)
