"""What a device says, as property lists. plistlib is not ours."""

import plistlib
import uuid

CHECKIN_TYPE = "application/x-apple-aspen-mdm-checkin"
CONNECT_TYPE = "application/x-apple-aspen-mdm; charset=UTF-8"
COMMAND_TYPE = "application/xml; charset=UTF-8"
TOPIC = "com.apple.mgmt.External.6f3a1f0c-e2e"
SHARED_IPAD_USER = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"

# The five enrollment kinds: (name of the kind, type name, device channel?)
KINDS = {
    "device": "Device",
    "user": "User",
    "shared-ipad": "Shared iPad",
    "byod-device": "User Enrollment (Device)",
    "byod-user": "User Enrollment",
}


def new_uuid():
    return str(uuid.uuid4()).upper()


def dump(message, binary=False):
    fmt = plistlib.FMT_BINARY if binary else plistlib.FMT_XML
    return plistlib.dumps(message, fmt=fmt, sort_keys=False)


def authenticate(ids, **more):
    return {"MessageType": "Authenticate", "Topic": TOPIC, **ids, **more}


def token_update(ids, **more):
    return {"MessageType": "TokenUpdate", "Topic": TOPIC,
            "Token": uuid.uuid4().bytes * 2, "PushMagic": new_uuid(),
            **ids, **more}


def check_out(ids, **more):
    return {"MessageType": "CheckOut", "Topic": TOPIC, **ids, **more}


def user_authenticate(ids, **more):
    return {"MessageType": "UserAuthenticate", **ids, **more}


def idle(ids, **more):
    return {"Status": "Idle", **ids, **more}


def result(ids, command_uuid, status="Acknowledged", **more):
    return {"Status": status, "CommandUUID": command_uuid, **ids, **more}


def command(request_type="DeviceInformation", command_uuid=None, **keys):
    """(uuid, body) of a command, with a comment that no re-encoding keeps."""
    command_uuid = command_uuid or new_uuid()
    if request_type == "DeviceInformation":
        keys.setdefault("Queries", ["UDID", "OSVersion"])
    body = dump({"CommandUUID": command_uuid,
                 "Command": {"RequestType": request_type, **keys}})
    return command_uuid, body.replace(
        b"<plist ", b"<!-- kept byte for byte -->\n<plist ", 1)
