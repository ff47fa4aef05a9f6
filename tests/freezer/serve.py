"""Serves a real freezer-api, for as long as somebody holds this program's standard input open; then FOLDER goes.

Called as: serve.py FOLDER KEYSTONE, with the variables OS_USERNAME, OS_PASSWORD and OS_PROJECT_ID of the user
who validates tokens. FOLDER has freezer.db, its database. It picks a free port, writes where it listens to
standard output, and a line for each request to FOLDER/requests: method, path, status.
"""

import io
import os
import shutil
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

FOLDER, KEYSTONE = sys.argv[1:]
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
username = {os.environ["OS_USERNAME"]}
password = {os.environ["OS_PASSWORD"]}
project_id = {os.environ["OS_PROJECT_ID"]}
user_domain_id = default
"""
with open(f"{FOLDER}/freezer-api.conf", "w") as file:
    file.write(CONFIGURATION)
sys.argv = [sys.argv[0], "--config-file", f"{FOLDER}/freezer-api.conf"]  # It reads the command line too.

from freezer_api import service  # noqa: E402

REQUESTS = open(os.path.join(FOLDER, "requests"), "a", buffering=1)


def noting(app):
    """The application, with a line for each request."""
    def called(environ, start_response):
        # It reads to the end, and a server for production lets nobody read behind the body.
        length = environ.get("CONTENT_LENGTH") or ""
        body = environ["wsgi.input"].read(int(length)) if length.isdigit() else b""
        environ["wsgi.input"] = io.BytesIO(body)

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


server = make_server("127.0.0.1", 0, noting(service.initialize_app()), Server, Handler)
threading.Thread(target=end_with_parent, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
