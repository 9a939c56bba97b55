"""Rucio's generic permissions and, as at real sites: an account may change and remove its own rules, may set the state of
replicas on scratch disks (the last step of `rucio upload`), and may register files in a pod's scratch space. A stock server
refuses all of it; this one does not let those change their rules whom a test names in <dir>/etc/may-not-change-rules."""
import os

from rucio.core.permission import generic
from rucio.core.permission.generic import *  # noqa: F401,F403  (Rucio looks for its own names here)
from rucio.core.rse import get_rse_name
from rucio.core.rule import get_rule

OWN_RULE = ('del_rule', 'update_rule', 'reduce_rule', 'move_rule')
POD_SCRATCH = 'JUPYTER-SCRATCH-EULAKE'


def has_permission(issuer, action, kwargs, session):
    if generic.has_permission(issuer, action, kwargs, session=session):
        return True
    if action in OWN_RULE and kwargs.get('rule_id'):
        options = kwargs.get('options') or {}
        if 'approve' in options or options.get('account') or issuer.external in bound():
            return False
        return get_rule(kwargs['rule_id'], session=session)['account'] == issuer
    if action == 'update_replicas_states':
        name = kwargs.get('rse') or get_rse_name(rse_id=kwargs['rse_id'], session=session)
        return name.endswith('SCRATCHDISK')
    return action == 'add_replicas' and kwargs.get('rse') == POD_SCRATCH


def bound():
    try:
        with open(os.path.join(os.path.dirname(os.environ['RUCIO_LAKE_CONFIG']), 'may-not-change-rules'), encoding='utf-8') as names:
            return names.read().split()
    except FileNotFoundError:
        return []
