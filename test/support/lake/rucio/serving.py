"""Serves Rucio's REST application with gunicorn, by http and by https with client certificates.
What Apache's mod_wsgi and mod_ssl tell Rucio at real sites is told here by a wrapper."""
import os
import ssl
import sys

from gunicorn.app.base import BaseApplication

from lakeconfig import DIR, PORTS

SHORT = {'domainComponent': 'DC', 'commonName': 'CN', 'organizationName': 'O', 'organizationalUnitName': 'OU', 'countryName': 'C',
         'stateOrProvinceName': 'ST', 'localityName': 'L', 'userId': 'UID'}


def subject(certificate):
    """SSLSocket.getpeercert() -> /DC=org/DC=lake/CN=Alice Liddell (Apache's LegacyDNStringFormat)."""
    return ''.join(f'/{SHORT.get(key, key)}={value}' for rdn in certificate.get('subject', ()) for key, value in rdn)


def as_apache(app):
    def wrapped(environ, start_response):
        environ.setdefault('REQUEST_URI', environ.get('RAW_URI', environ.get('PATH_INFO', '')))  # /redirect reads it
        socket = environ.get('gunicorn.socket')
        certificate = socket.getpeercert() if isinstance(socket, ssl.SSLSocket) else None
        if certificate:
            environ['SSL_CLIENT_S_DN'] = subject(certificate)
            environ['SSL_CLIENT_VERIFY'] = 'SUCCESS'
        return app(environ, start_response)
    return wrapped


class Server(BaseApplication):
    def __init__(self, app, kind):
        self.app, self.kind = app, kind
        super().__init__()

    def load_config(self):
        options = {
            'bind': [f'127.0.0.1:{PORTS[self.kind]}'], 'workers': 1, 'worker_class': 'gthread', 'threads': 16, 'timeout': 600,
            'graceful_timeout': 1, 'keepalive': 5, 'errorlog': '-', 'accesslog': f'{DIR}/log/access.{self.kind}.log',
            'worker_tmp_dir': '/dev/shm' if os.path.isdir('/dev/shm') else None,
        }
        if self.kind == 'https':
            options |= {'certfile': f'{DIR}/pki/host.pem', 'keyfile': f'{DIR}/pki/host.key', 'ca_certs': f'{DIR}/pki/ca.pem',
                        'cert_reqs': ssl.CERT_OPTIONAL, 'ssl_context': self.proxies_too}
        if 'control_socket_disable' in self.cfg.settings:
            options['control_socket_disable'] = True
        for name, value in options.items():
            self.cfg.set(name, value)

    @staticmethod
    def proxies_too(_config, default):
        context = default()
        context.verify_flags |= ssl.VERIFY_ALLOW_PROXY_CERTS
        return context

    def load(self):
        return as_apache(self.app)


def serve(app, kind):
    sys.argv = ['lake']  # gunicorn reads the command line
    Server(app, kind).run()
