"""Tokens for the pods of a JupyterHub whose users sign in by OpenID Connect (OAuthenticator's GenericOAuthenticator, 17):
one for each audience, exchanged from the user's own (RFC 8693), renewed before their end, and given to the user's server
when it asks. A refresh token never leaves the hub. In jupyterhub_config.py, this file's folder being on Python's path:

    import datalake_tokens
    datalake_tokens.set_up(c, audiences={'rucio': 'rucio', 'eos': 'eos'}, url='http://127.0.0.1:8083')

The extension is told the address by its setting rucio.hub.tokenUrl: <public address of the hub>/services/pod-tokens/
The hub needs JUPYTERHUB_CRYPT_KEY. Run as a program this file is the service itself; the hub starts it.
"""
import asyncio
import base64
import json
import os
import sys
import time
from urllib.parse import quote, urlencode, urlparse

ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
# under this name in auth_state: {audience's name: {'access_token': …, 'expires_at': s since 1970}}
KEPT = 'datalake_tokens'


def set_up(c, audiences, url, seconds_left=600):
    """
    audiences     name in the answer → audience asked for; the extension takes the one named rucio
    url           where the service listens, which only the hub's proxy has to reach
    seconds_left  a token that lasts less is renewed when it is asked for
    """
    async def exchange(authenticator, auth_state):
        async def one(audience):
            answer = await _token_call(authenticator, grant_type=EXCHANGE, subject_token=auth_state['access_token'], subject_token_type=ACCESS_TOKEN,
                                       requested_token_type=ACCESS_TOKEN, audience=audience)
            return {'access_token': answer['access_token'], 'expires_at': int(time.time()) + int(answer.get('expires_in', 3600))}
        auth_state[KEPT] = dict(zip(audiences, await asyncio.gather(*map(one, audiences.values()))))
        return auth_state

    async def refresh(authenticator, user, auth_state):
        # OAuthenticator itself renews only when the provider's userinfo fails: a token with seconds left would be handed out.
        if not auth_state or KEPT not in auth_state:
            return None
        if min(token['expires_at'] for token in auth_state[KEPT].values()) - time.time() > seconds_left:
            return True
        if not auth_state.get('refresh_token'):
            return False
        try:
            answer = await _token_call(authenticator, grant_type='refresh_token', refresh_token=auth_state['refresh_token'])
            answer.setdefault('refresh_token', auth_state['refresh_token'])
            return await authenticator._token_to_auth_model(answer)
        except Exception as error:  # whatever it is, the person has to sign in again
            authenticator.log.warning('the tokens of %s can not be renewed: %s', user.name, error)
            return False

    g = c.GenericOAuthenticator
    g.enable_auth_state = True
    g.modify_auth_state_hook = exchange
    g.refresh_user_hook = refresh
    g.auth_refresh_age = 30
    # lists of the file's, or lazy ones of traitlets: both can be appended to
    c.JupyterHub.services.append({'name': 'pod-tokens', 'url': url, 'command': [sys.executable, os.path.abspath(__file__)]})
    c.JupyterHub.load_roles.append({'name': 'pod-tokens', 'scopes': ['admin:auth_state', 'read:users:name'], 'services': ['pod-tokens']})


async def _token_call(authenticator, **form):
    client = base64.b64encode(f'{authenticator.client_id}:{authenticator.client_secret}'.encode()).decode()
    return await authenticator.httpfetch(authenticator.token_url, label=form['grant_type'], method='POST', body=urlencode(form),
                                         headers={'Authorization': f'Basic {client}', 'Content-Type': 'application/x-www-form-urlencoded'})


def serve():
    from tornado import httpclient, ioloop, web
    api, own = os.environ['JUPYTERHUB_API_URL'], os.environ['JUPYTERHUB_API_TOKEN']
    prefix, url = os.environ['JUPYTERHUB_SERVICE_PREFIX'], urlparse(os.environ['JUPYTERHUB_SERVICE_URL'])

    async def hub(path, token):
        answer = await httpclient.AsyncHTTPClient().fetch(api + path, headers={'Authorization': f'token {token}'}, raise_error=False)
        if answer.code != 200:
            raise web.HTTPError(403 if answer.code in (401, 403) else 502)
        return json.loads(answer.body)

    class Tokens(web.RequestHandler):
        async def get(self):
            token = self.request.headers.get('Authorization', '').removeprefix('token ').strip()
            if not token:
                raise web.HTTPError(403)
            # Asked as the user: that makes the hub renew what it holds, and says 403 when the person has to sign in again.
            user = await hub('/user', token)
            # Only a server of the user's own: other tokens of the user's may be in anybody's hands.
            if user.get('kind') != 'user' or f"access:servers!server={user['name']}/" not in user['scopes']:
                raise web.HTTPError(403)
            kept = ((await hub('/users/' + quote(user['name'], safe='@'), own)).get('auth_state') or {}).get(KEPT)
            if not kept:
                raise web.HTTPError(403)
            self.set_header('Cache-Control', 'no-store')
            self.write({'name': user['name'], 'tokens': kept})

    web.Application([(prefix + '?', Tokens)]).listen(url.port, url.hostname)
    ioloop.IOLoop.current().start()


if __name__ == '__main__':
    serve()
