# A hub in the shape of a data lake's: sign-in at the lake's OpenID provider, the tokens of deploy/hub, servers as processes.
# HUB holds what hub.ts chose: ports, folders, the provider.
import json
import os
import sys

HUB = json.loads(os.environ['HUB'])
sys.path.insert(0, HUB['deploy'])
import datalake_tokens  # noqa: E402

c = get_config()  # noqa: F821
c.JupyterHub.bind_url = HUB['url'] + '/'
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{HUB['ports'][1]}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{HUB['ports'][2]}"
c.ConfigurableHTTPProxy.command = HUB['proxy']
c.ConfigurableHTTPProxy.pid_file = HUB['dir'] + '/proxy.pid'
c.JupyterHub.cookie_secret_file = HUB['dir'] + '/cookie_secret'
c.JupyterHub.db_url = f"sqlite:///{HUB['dir']}/hub.sqlite"
c.JupyterHub.cleanup_servers = True

c.JupyterHub.authenticator_class = 'generic-oauth'
g = c.GenericOAuthenticator
g.client_id, g.client_secret = HUB['client']['id'], HUB['client']['secret']
g.oauth_callback_url = HUB['callback']
g.authorize_url, g.token_url = HUB['issuer'] + '/auth', HUB['issuer'] + '/token'
g.userdata_from_id_token = True
g.username_claim = 'sub'
g.scope = ['openid', 'profile', 'offline_access']
g.extra_authorize_params = {'prompt': 'consent'}
g.basic_auth = g.enable_pkce = g.allow_all = g.auto_login = True
datalake_tokens.set_up(c, audiences={'rucio': 'rucio', 'eos': 'eos'}, url=f"http://127.0.0.1:{HUB['ports'][3]}", seconds_left=HUB['secondsLeft'])
g.auth_refresh_age = 1

c.JupyterHub.spawner_class = 'simple'
c.SimpleLocalProcessSpawner.home_dir_template = HUB['dir'] + '/pods/{username}/home'
c.Spawner.cmd = [HUB['podStart']]
c.Spawner.args = ['--allow-root']
c.Spawner.notebook_dir = '~'
c.Spawner.start_timeout = c.Spawner.http_timeout = 60


async def pod(spawner, auth_state):
    root = f"{HUB['dir']}/pods/{spawner.user.name}"
    os.makedirs(root + '/home', exist_ok=True)
    token = (auth_state or {})[datalake_tokens.KEPT]['rucio']['access_token']
    spawner.environment = {**HUB['env'], 'POD': root, 'RUCIO_OIDC_FILE_NAME': root + '/rucio_oauth.token', 'RUCIO_ACCESS_TOKEN': token, 'PATH': HUB['path']}
c.Spawner.auth_state_hook = pod
