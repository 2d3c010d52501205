"""A web server of one request: runs mdm.fcgi as plain CGI with exactly the
variables of a test, for what no real server would be made to send."""

import email
import subprocess

import device
import plists
import server as servers


class Result:
    def __init__(self, code, reply, stderr):
        self.code, self.reply, self.stderr = code, reply, stderr


def variables(server, body, content_type=plists.CONNECT_TYPE, **more):
    env = {
        "MOORING_DIR": server.directory, "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "PUT",
        "REQUEST_URI": "/mdm", "SCRIPT_NAME": "/mdm", "QUERY_STRING": "",
        "CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1", "PATH": "/usr/bin:/bin",
    }
    env.update(more)
    return {k: v for k, v in env.items() if v is not None}


def run(server, body, **more):
    """One request; a variable of None is left out."""
    user = {}
    if server.user.pw_uid != servers.os.geteuid():
        user = {"user": server.user.pw_uid, "group": server.user.pw_gid,
                "extra_groups": []}
    r = subprocess.run(
        [servers.program("cgi-bin/mdm.fcgi")], input=body,
        capture_output=True, env=variables(server, body, **more), timeout=60,
        cwd="/", **user)
    head, _, content = r.stdout.partition(b"\r\n\r\n")
    headers = email.message_from_bytes(head)
    status = int((headers["Status"] or "200").split()[0])
    return device.Reply(status, headers, content)
