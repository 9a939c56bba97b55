"""rucio-jupyterlab's server extension asked as its page asks it, without the page: one line of JSON for each line of input ("poll").
A poll is what DIDDetailsHandler does: the answer as JSON for the browser, and the fetch that it starts in the background, to its end.
usage: rival.py BASE_URL CA USERNAME PASSWORD ACCOUNT RSE SCOPE NAME   (HOME is a folder of its own)"""
import json
import resource
import sys
import time

import requests

url, ca, username, password, account, rse, scope, name = sys.argv[1:]
received = 0
send = requests.Session.send


def counted(self, request, **more):
    global received
    response = send(self, request, **more)
    received += len(response.content)  # Rucio sends it unpacked
    return response


requests.Session.send = counted

from rucio_jupyterlab.mode_handlers.replica import ReplicaModeHandler  # noqa: E402
from rucio_jupyterlab.rucio.rucio import RucioAPI  # noqa: E402

config = {'name': 'lake', 'rucio_base_url': url, 'rucio_ca_cert': ca, 'destination_rse': rse, 'rse_mount_path': '/eos', 'path_begins_at': 1, 'mode': 'replica'}
rucio = RucioAPI(config, 'userpass', {'username': username, 'password': password, 'account': account})


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def poll():
    global received
    received, cpu_before, started = 0, cpu(), time.time()
    while True:
        details = ReplicaModeHandler('lake', rucio).get_did_details(scope, name)
        body = json.dumps(details)
        with ReplicaModeHandler._inflight_lock:
            running = list(ReplicaModeHandler._inflight_fetches.values())
        if not any(one['status'] == 'FETCHING' for one in details):
            break
        for future in running:
            future.result()
    answered = time.time() - started
    for future in running:
        future.result()
    return {'seconds': answered, 'cpu': cpu() - cpu_before, 'bytes': received, 'browser': len(body), 'files': len(details)}


for _ in sys.stdin:
    print(json.dumps(poll()), flush=True)
