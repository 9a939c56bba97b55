"""Runs code in a real Jupyter kernel: one JSON line in ({"code": …}), one out ({"ok", "out", "error"}). usage: kernel.py NAME"""
import json
import queue
import sys

from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel(kernel_name=sys.argv[1], startup_timeout=60)
print(json.dumps({'ready': True}), flush=True)
try:
    for line in sys.stdin:
        asked = json.loads(line)
        if 'restart' in asked:
            manager.restart_kernel(now=True)
            client.wait_for_ready(timeout=60)
            print(json.dumps({'ok': True, 'out': '', 'error': ''}), flush=True)
            continue
        message = client.execute(asked['code'], store_history=False)
        out, error = [], ''
        while True:
            try:
                got = client.get_iopub_msg(timeout=60)
            except queue.Empty:
                error = 'no answer within 60 s'
                break
            if got['parent_header'].get('msg_id') != message:
                continue
            kind, content = got['msg_type'], got['content']
            if kind == 'stream':
                out.append(content['text'])
            elif kind == 'execute_result':
                out.append(content['data'].get('text/plain', ''))
            elif kind == 'error':
                error = f"{content['ename']}: {content['evalue']}"
            elif kind == 'status' and content['execution_state'] == 'idle':
                break
        # A kernel that fails outside of the code says so in its reply only.
        while not error:
            reply = client.get_shell_msg(timeout=60)
            if reply['parent_header'].get('msg_id') == message:
                if reply['content']['status'] == 'error':
                    error = f"{reply['content'].get('ename')}: {reply['content'].get('evalue')}"
                break
        print(json.dumps({'ok': error == '', 'out': ''.join(out), 'error': error}), flush=True)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
