"""Serves a real freezer-api, for as long as somebody holds this program's standard input open; then FOLDER goes.

Called as: serve.py FOLDER KEYSTONE PORT. FOLDER has freezer.db, an empty database. Port 0 picks a free one.
The user freezer of Keystone validates tokens, in its project service; its password is "secret". It writes
where it listens to standard output, and a line for each request to FOLDER/requests: method, path, status.
"""

import io
import os
import shutil
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

FOLDER, KEYSTONE, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
CONFIGURATION = f"""
[DEFAULT]
log_file = {FOLDER}/log
[database]
connection = sqlite:///{FOLDER}/freezer.db
[paste_deploy]
config_file = {sys.prefix}/etc/freezer/freezer-paste.ini
[keystone_authtoken]
www_authenticate_uri = {KEYSTONE}/v3
auth_url = {KEYSTONE}/v3
auth_type = password
username = freezer
password = secret
project_name = service
user_domain_name = Default
project_domain_name = Default
"""
with open(f"{FOLDER}/freezer-api.conf", "w") as file:
    file.write(CONFIGURATION)
sys.argv = [sys.argv[0], "--config-file", f"{FOLDER}/freezer-api.conf"]  # It reads the command line too.

from freezer_api import service  # noqa: E402

REQUESTS = open(os.path.join(FOLDER, "requests"), "a", buffering=1)


def noting(app):
    """The application, with a line for each request."""
    def called(environ, start_response):
        # It reads to the end, where production's servers let nobody read behind the body.
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))

        def started(status, headers, *more):
            what = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']}"
            REQUESTS.write(f"{what} {status.split()[0]}\n")
            return start_response(status, headers, *more)
        return app(environ, started)
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


server = make_server("127.0.0.1", PORT, noting(service.initialize_app()), Server, Handler)
threading.Thread(target=end_with_parent, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
