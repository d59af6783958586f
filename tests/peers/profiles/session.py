"""As whom and where boto3 calls, for each environment on standard input.

A line is a JSON object: env, and perhaps profile, keys, region and endpoint of a session. The answer
names, for each service, the key, the region and the address of the request that boto3 would send, or
the class of its error. Nothing is sent: a request is answered here.
"""

import getpass
import hashlib
import json
import os
import re
import sys
import urllib.parse

import boto3
import botocore.awsrequest
import botocore.session
from botocore.config import Config

LOADER = botocore.session.get_session().get_component("data_loader")
CALLS = {
    "iam": lambda client: client.list_users(),
    "sts": lambda client: client.get_caller_identity(),
    "s3": lambda client: client.list_buckets(),
    "bucket": lambda client: client.head_bucket(Bucket="my-bucket"),
}
FIELDS = [
    "Action",
    "RoleArn",
    "RoleSessionName",
    "ExternalId",
    "DurationSeconds",
    "SerialNumber",
    "TokenCode",
    "WebIdentityToken",
]


class Sent(Exception):
    """Ends a call at the moment when it would be sent."""


class Raw:
    def __init__(self, body):
        self.body = body

    def stream(self, *args, **kwargs):
        yield self.body


def temporary(*parts):
    """The id of a key that depends on all that it was asked for with."""
    return "ASIA" + hashlib.sha256("|".join(parts).encode()).hexdigest()[:16].upper()


def signer(request):
    header = request.headers.get("Authorization", b"")
    header = header.decode() if isinstance(header, bytes) else header
    found = re.search(r"Credential=([^/]*)/\d+/([^/]*)/", header)
    return [found[1], found[2]] if found else ["", ""]


def answer(request, body):
    request.url = request.url.rstrip("/")
    return botocore.awsrequest.AWSResponse(request.url, 200, {}, Raw(body.encode()))


def before_send(request, **kwargs):
    key, region = signer(request)
    body = request.body or b""
    body = body.decode() if isinstance(body, bytes) else body
    form = dict(urllib.parse.parse_qsl(body))
    url = urllib.parse.urlsplit(request.url)
    address = f"{url.scheme}://{url.netloc}{url.path}".rstrip("/")
    if form.get("Action", "").startswith("AssumeRole"):
        # boto3's older name for the same place, where no region is configured.
        address = address.lower().replace(
            "https://sts.amazonaws.com", "https://sts.us-east-1.amazonaws.com"
        )
        form["RoleSessionName"] = re.sub(r"^botocore-session-\d+$", "", form["RoleSessionName"])
        new = temporary(key, region, address, *[form.get(field, "") for field in FIELDS])
        name = form["Action"]
        return answer(
            request,
            f"<{name}Response><{name}Result><Credentials><AccessKeyId>{new}</AccessKeyId>"
            "<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>"
            "<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>"
            f"</{name}Result></{name}Response>",
        )
    if url.path.endswith("/federation/credentials"):
        query = dict(urllib.parse.parse_qsl(url.query))
        token = request.headers["x-amz-sso_bearer_token"]
        token = token.decode() if isinstance(token, bytes) else token
        new = temporary(address, query["account_id"], query["role_name"], token)
        keys = {
            "accessKeyId": new,
            "secretAccessKey": "secret",
            "sessionToken": "token",
            "expiration": 4102444800000,
        }
        return answer(request, json.dumps({"roleCredentials": keys}))
    raise Sent({"key": key, "region": region, "url": address})


def session_of(case):
    core = botocore.session.get_session()
    core.register_component("data_loader", LOADER)
    core.get_component("event_emitter").register("before-send", before_send)
    session = boto3.Session(
        botocore_session=core,
        profile_name=case.get("profile"),
        region_name=case.get("region"),
        **(case.get("keys") or {}),
    )
    provider = core.get_component("credential_provider").get_provider("assume-role")
    provider._prompter = lambda question: "123456"
    return session


def sent(work):
    try:
        work()
        return {"error": "nothing was sent"}
    except Sent as request:
        return request.args[0]
    except Exception as error:
        return {"error": type(error).__name__}


def outcomes(case):
    """One session for all services, as a program has, unless it has failed."""
    session = None
    results = {}
    for name, call in CALLS.items():

        def work():
            nonlocal session
            session = session or session_of(case)
            client = session.client(
                "s3" if name == "bucket" else name,
                endpoint_url=case.get("endpoint"),
                config=Config(retries={"total_max_attempts": 1}),
            )
            call(client)

        results[name] = sent(work)
        if "error" in results[name]:
            session = None
    return results


def main():
    getpass.getpass = lambda *args: "123456"
    home = os.environ["HOME"]
    path = os.environ["PATH"]
    for line in sys.stdin:
        case = json.loads(line)
        os.environ.clear()
        os.environ.update({"HOME": home, "PATH": path, **case["env"]})
        print(json.dumps(outcomes(case)), flush=True)


main()
