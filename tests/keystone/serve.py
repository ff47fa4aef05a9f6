"""Serves a real Keystone, for as long as somebody holds this program's standard input open; then FOLDER goes.

Called as: serve.py FOLDER HOST PORT [CERTIFICATE KEY [CLIENT_AUTHORITY]]. FOLDER has keystone.conf. Port 0
picks a free one. With a certificate it listens on a second port, for TLS. It writes where it listens to
standard output, and a line for each request to FOLDER/requests: method, path, the SHA-256 of the token
that it is about, status.
"""

import hashlib
import os
import shutil
import ssl
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

FOLDER, HOST, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
CERTIFICATES = sys.argv[4:]
os.environ["OS_KEYSTONE_CONFIG_DIR"] = FOLDER
sys.argv = sys.argv[:1]  # Keystone reads the command line too.
# It also logs to standard output, while it loads.
OUTPUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from keystone.server import wsgi  # noqa: E402

# Keystone's code is made for processes, not for threads: one request at a time.
ONE_AT_A_TIME = threading.Lock()
REQUESTS = open(os.path.join(FOLDER, "requests"), "a", buffering=1)


def noting(app):
    """The application, with a line for each request."""
    def called(environ, start_response):
        about = environ.get("HTTP_X_SUBJECT_TOKEN")
        digest = hashlib.sha256(about.encode()).hexdigest() if about else "-"

        def started(status, headers, *more):
            what = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
            REQUESTS.write(f"{what} {digest} {status.split()[0]}\n")
            return start_response(status, headers, *more)
        with ONE_AT_A_TIME:
            return list(app(environ, started))
    return called


def end_with_parent():
    """Standard input ends when the one who started this does, however that comes."""
    sys.stdin.buffer.read()
    shutil.rmtree(FOLDER, ignore_errors=True)
    os._exit(0)


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass

    def address_string(self):
        return self.client_address[0]


class TlsServer(Server):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(*CERTIFICATES[:2])
        for authority in CERTIFICATES[2:]:
            self.tls.verify_mode = ssl.CERT_REQUIRED
            self.tls.load_verify_locations(authority)

    def finish_request(self, request, client_address):
        """In a thread of its own, as a handshake must be."""
        try:
            request = self.tls.wrap_socket(request, server_side=True)
        except OSError:
            return
        super().finish_request(request, client_address)
        request.close()


application = noting(wsgi.initialize_public_application())
server = make_server(HOST, PORT, application, Server, Handler)
listens = [f"http://{HOST}:{server.server_port}"]
if CERTIFICATES:
    secure = make_server(HOST, 0, application, TlsServer, Handler)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    listens.append(f"https://{HOST}:{secure.server_port}")
threading.Thread(target=end_with_parent, daemon=True).start()
print(*listens, file=OUTPUT, flush=True)
server.serve_forever()
