"""Rucio's generic permissions and, as at real sites: an account may change and remove its own rules, and may set the
state of replicas on scratch disks (the last step of `rucio upload`). A stock server refuses both."""
from rucio.core.permission import generic
from rucio.core.permission.generic import *  # noqa: F401,F403  (Rucio looks for its own names here)
from rucio.core.rse import get_rse_name
from rucio.core.rule import get_rule

OWN_RULE = ('del_rule', 'update_rule', 'reduce_rule', 'move_rule')


def has_permission(issuer, action, kwargs, session):
    if generic.has_permission(issuer, action, kwargs, session=session):
        return True
    if action in OWN_RULE and kwargs.get('rule_id'):
        options = kwargs.get('options') or {}
        if 'approve' in options or options.get('account'):
            return False
        return get_rule(kwargs['rule_id'], session=session)['account'] == issuer
    if action == 'update_replicas_states':
        name = kwargs.get('rse') or get_rse_name(rse_id=kwargs['rse_id'], session=session)
        return name.endswith('SCRATCHDISK')
    return False
