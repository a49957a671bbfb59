# SPDX-License-Identifier: BSD-2-Clause
"""SMS gateways for the tests, each on a free loopback port.

    with gateways.Gateway(gateways.Twilio(sid, token), tls=authority.issue()) as gateway:
        gateway.port                    https
        gateway.sent                    list of Sms that it took: .to, .sender, .text
        gateway.refused                 what was wrong with the others
        gateway.requests                list of Request, whatever became of them

The classes named after a provider take what that provider documents and nothing else: method, path, headers, sign-in, content
type, fields and the form of a number. answer(request) of any other object, or a function, does for misbehaving ones: it gives
the bytes of an answer, or None to hang up.
"""

import base64
import calendar
import hashlib
import hmac
import json
import re
import socket
import ssl
import time
import urllib.parse

import mail

E164 = re.compile(r"\+[1-9][0-9]{6,14}$")
DIGITS = re.compile(r"[1-9][0-9]{6,14}$")
REASONS = {200: "OK", 201: "Created", 202: "Accepted", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
           404: "Not Found", 405: "Method Not Allowed", 415: "Unsupported Media Type", 429: "Too Many Requests",
           500: "Internal Server Error", 503: "Service Unavailable"}


def reply(status, body="", content_type="application/json", **headers):
    """The bytes of an answer; headers with _ for -."""
    if not isinstance(body, (str, bytes)):
        body = json.dumps(body)
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}",
             *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Request:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        self.path, _, self.raw_query = self.target.partition("?")
        self.body = body

    def header(self, name):
        """The one header of that name, or None."""
        found = [value for given, value in self.headers if given == name]
        assert len(found) < 2, f"{name} is given twice"
        return found[0] if found else None

    @staticmethod
    def fields(encoded):
        """Of a query or form, each given once."""
        pairs = urllib.parse.parse_qsl(encoded, keep_blank_values=True, strict_parsing=True, max_num_fields=50)
        assert len(dict(pairs)) == len(pairs), f"a field is given twice: {pairs}"
        return dict(pairs)

    @property
    def form(self):
        return self.fields(self.body.decode("ascii"))

    @property
    def json(self):
        def unique(pairs):
            assert len(dict(pairs)) == len(pairs), "a member is given twice"
            return dict(pairs)
        return json.loads(self.body, object_pairs_hook=unique)


class Gateway(mail.ScriptedServer):
    def __init__(self, provider, tls=None, client_ca=None):
        super().__init__(tls=tls)
        self._provider = provider
        self._client_ca = client_ca
        self.requests, self.sent, self.refused = [], [], []

    def start(self):
        super().start()
        if self._client_ca:
            self._context.load_verify_locations(self._client_ca)
            self._context.verify_mode = ssl.CERT_REQUIRED
        return self

    __enter__ = start

    def _serve(self, client):
        client.settimeout(20)
        try:
            with client:
                if self._context:
                    client = self._secure(client)
                self._exchange(client)
                # Closing with unread bytes would make it a reset, and the answer might be lost.
                client.shutdown(2)
                client.close()
        except (OSError, ssl.SSLError, EOFError):
            pass

    def _secure(self, client):
        """Whom it does not let in it hears out: with TLS 1.3 the request may be on its way, and a reset would take the alert away."""
        secured = self._context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        try:
            secured.do_handshake()
        except ssl.SSLError:
            with socket.socket(fileno=secured.detach()) as plain:
                plain.settimeout(20)
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(65536):
                    pass
            raise
        return secured

    def _exchange(self, client):
        request = self._read(client)
        self.requests.append(request)
        self.client = client
        answer = self._provider(self, request) if callable(self._provider) else self.judge(self._provider, request)
        if answer is not None:
            client.sendall(answer)

    def judge(self, provider, request):
        """What provider answers to it; it is kept as sent or refused."""
        try:
            sms, answer = provider.take(request)
        except Refused as refused:
            self.refused.append(refused.why)
            return refused.answer
        except (AssertionError, ValueError, KeyError) as fault:
            self.refused.append(f"{type(fault).__name__}: {fault}")
            return provider.refuse(400, "malformed request")
        self.sent.append(sms)
        return answer

    def _read(self, client):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more(client)
        head, _, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *([0-9]+)", head, re.I)
        while len(body) < int(length.group(1) if length else 0):
            body += self._more(client)
        self.note(head + body)
        return Request(head, body)

    @staticmethod
    def _more(client):
        data = client.recv(65536)
        if not data:
            raise EOFError
        return data


class Refused(Exception):
    def __init__(self, answer, why):
        super().__init__(why)
        self.answer, self.why = answer, why


class Sms:
    def __init__(self, to, text, sender=None, ident=None):
        self.to, self.text, self.sender, self.ident = to, text, sender, ident


class Provider:
    """What is common to all: need() refuses as the provider would where something is not as it documents."""

    def need(self, right, status, why):
        if not right:
            raise Refused(self.refuse(status, why), why)

    def refuse(self, status, why):
        return reply(status, {"message": why})

    def is_post_of(self, request, path, content_type):
        self.need(request.method == "POST", 405, "method")
        self.need(request.path == path and not request.raw_query, 404, f"no resource {request.target}")
        self.need(request.header("content-type") == content_type, 415, "content type")

    def is_basic(self, request, username, password):
        want = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
        self.need(request.header("authorization") == want, 401, "authentication failed")

    def has_exactly(self, fields, *names):
        self.need(sorted(fields) == sorted(names), 400, f"fields {sorted(fields)}")


class Twilio(Provider):
    def __init__(self, sid, token):
        self.sid, self.token = sid, token

    def refuse(self, status, why):
        return reply(status, {"code": 20003, "message": why, "more_info": "https://www.twilio.com/docs/errors/20003",
                              "status": status})

    def take(self, request):
        self.is_post_of(request, f"/2010-04-01/Accounts/{self.sid}/Messages.json", "application/x-www-form-urlencoded")
        self.is_basic(request, self.sid, self.token)
        form = request.form
        self.has_exactly(form, "To", "From", "Body")
        self.need(E164.match(form["To"]), 400, f"The 'To' number {form['To']} is not a valid phone number.")
        self.need(form["Body"], 400, "Message body is required.")
        self.need(form["From"], 400, "A 'From' phone number is required.")
        return Sms(form["To"], form["Body"], form["From"]), reply(201, {"sid": "SM1", "status": "queued", "error_code": None})


class Vonage(Provider):
    def __init__(self, key, secret):
        self.key, self.secret = key, secret

    def refuse(self, status, why):
        return reply(status, {"type": "https://developer.vonage.com/api-errors", "title": "Refused", "detail": why,
                              "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf"}, "application/problem+json")

    def take(self, request):
        self.is_post_of(request, "/v1/messages", "application/json")
        self.is_basic(request, self.key, self.secret)
        sms = request.json
        self.has_exactly(sms, "message_type", "channel", "to", "from", "text", "client_ref")
        self.need((sms["message_type"], sms["channel"]) == ("text", "sms"), 422, "message_type and channel")
        self.need(DIGITS.match(sms["to"]), 422, "to must be digits without a leading +")
        self.need(len(sms["client_ref"]) <= 100, 422, "client_ref")
        return Sms("+" + sms["to"], sms["text"], sms["from"], sms["client_ref"]), reply(202, {"message_uuid": "aaaa-bbbb"})


class Bird(Provider):
    def __init__(self, workspace, channel, key):
        self.path, self.key = f"/workspaces/{workspace}/channels/{channel}/messages", key

    def refuse(self, status, why):
        return reply(status, {"code": "InvalidPayload", "message": why, "details": {}})

    def take(self, request):
        self.is_post_of(request, self.path, "application/json")
        self.need(request.header("authorization") == f"AccessKey {self.key}", 401, "authentication failed")
        sms = request.json
        self.has_exactly(sms, "receiver", "body", "reference")
        contact, = sms["receiver"]["contacts"]
        self.need(contact["identifierKey"] == "phonenumber" and E164.match(contact["identifierValue"]), 422, "receiver")
        self.need(sms["body"] == {"type": "text", "text": {"text": sms["body"]["text"]["text"]}}, 422, "body")
        return (Sms(contact["identifierValue"], sms["body"]["text"]["text"], None, sms["reference"]),
                reply(202, {"id": "1", "status": "accepted"}))


class Plivo(Provider):
    def __init__(self, auth_id, token):
        self.auth_id, self.token = auth_id, token

    def refuse(self, status, why):
        return reply(status, {"api_id": "97ceeb52", "error": why})

    def take(self, request):
        self.is_post_of(request, f"/v1/Account/{self.auth_id}/Message/", "application/json")
        self.is_basic(request, self.auth_id, self.token)
        sms = request.json
        self.has_exactly(sms, "src", "dst", "text")
        self.need(DIGITS.match(sms["dst"]), 400, "dst parameter is invalid")
        return (Sms("+" + sms["dst"], sms["text"], sms["src"]),
                reply(202, {"message": "message(s) queued", "message_uuid": ["db3ce55a"], "api_id": "db342550"}))


class Sinch(Provider):
    def __init__(self, plan, token):
        self.plan, self.token = plan, token

    def refuse(self, status, why):
        return reply(status, {"code": "syntax_invalid_parameter_format", "text": why})

    def take(self, request):
        self.is_post_of(request, f"/xms/v1/{self.plan}/batches", "application/json")
        self.need(request.header("authorization") == f"Bearer {self.token}", 401, "authentication failed")
        sms = request.json
        self.has_exactly(sms, "from", "to", "body", "client_reference")
        to, = sms["to"]
        self.need(E164.match(to), 400, "to must be numbers")
        self.need(isinstance(sms["body"], str) and 0 < len(sms["body"]) <= 2000, 400, "body")
        return Sms(to, sms["body"], sms["from"], sms["client_reference"]), reply(201, {"id": "01FC66621XXXXX119Z8PMV1QPQ"})


class Kannel(Provider):
    def __init__(self, username, password):
        self.username, self.password = username, password

    def refuse(self, status, why):
        return reply(status, why, "text/html")

    def take(self, request):
        self.need(request.method == "GET" and request.path == "/cgi-bin/sendsms" and not request.body, 404, "Unknown request.")
        query = request.fields(request.raw_query)
        self.has_exactly(query, "username", "password", "from", "to", "text", "charset")
        self.need((query["username"], query["password"]) == (self.username, self.password), 403,
                  "Authorization failed for sendsms")
        self.need(E164.match(query["to"]) and query["charset"] == "UTF-8", 400, "Missing receiver number, rejected")
        return Sms(query["to"], query["text"], query["from"]), reply(202, "0: Accepted for delivery", "text/html")


class Webhook(Provider):
    """Sends a message once for each Idempotency-Key."""

    def __init__(self, path, token):
        self.path, self.token = path, token
        self.known = set()

    def refuse(self, status, why):
        return reply(status, {"error": why})

    def take(self, request):
        self.is_post_of(request, self.path, "application/json")
        self.need(request.header("authorization") == f"Bearer {self.token}", 401, "authentication failed")
        key = request.header("idempotency-key")
        self.need(re.match(r"[0-9a-f]{32}$", key or ""), 400, "Idempotency-Key")
        sms = request.json
        self.has_exactly(sms, "to", "from", "text", "ref", "host", "user")
        return Sms(sms["to"], sms["text"], sms["from"], key), reply(200, {"ok": True})


class Sns(Provider):
    """Signature Version 4, computed again from what arrived."""

    def __init__(self, key_id, secret, region):
        self.key_id, self.secret, self.region = key_id, secret, region

    def refuse(self, status, why):
        return reply(status, f"<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <Error>\n    <Type>Sender</Type>\n"
                     f"    <Code>Refused</Code>\n    <Message>{why}</Message>\n  </Error>\n</ErrorResponse>\n", "text/xml")

    def take(self, request):
        self.is_post_of(request, "/", "application/x-www-form-urlencoded")
        self.is_signed(request)
        form = request.form
        attribute = "MessageAttributes.entry.1."
        self.has_exactly(form, "Action", "Version", "PhoneNumber", "Message", attribute + "Name", attribute + "Value.DataType",
                         attribute + "Value.StringValue")
        self.need((form["Action"], form["Version"]) == ("Publish", "2010-03-31"), 400, "InvalidAction")
        self.need((form[attribute + "Name"], form[attribute + "Value.DataType"], form[attribute + "Value.StringValue"]) ==
                  ("AWS.SNS.SMS.SMSType", "String", "Transactional"), 400, "attributes")
        self.need(E164.match(form["PhoneNumber"]), 400, f"Invalid parameter: PhoneNumber Reason: {form['PhoneNumber']} is not valid")
        return Sms(form["PhoneNumber"], form["Message"]), reply(
            200, "<PublishResponse><PublishResult><MessageId>94f20ce6</MessageId></PublishResult></PublishResponse>", "text/xml")

    def is_signed(self, request):
        given = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([a-z0-9-]+)/([a-z]+)/aws4_request, *"
                         r"SignedHeaders=([a-z0-9;-]+), *Signature=([0-9a-f]{64})$", request.header("authorization") or "")
        self.need(given, 403, "IncompleteSignature")
        key_id, day, region, service, names, signature = given.groups()
        when = request.header("x-amz-date")
        self.need((key_id, region, service) == (self.key_id, self.region, "sns"), 403, "InvalidClientTokenId")
        self.need(when and when.startswith(day) and abs(time.time() - calendar_seconds(when)) < 300, 403, "date")
        self.need({"host", "x-amz-date"} <= set(names.split(";")), 403, "host and date are to be signed")
        headers = "".join(f"{name}:{request.header(name)}\n" for name in names.split(";"))
        canonical = "\n".join([request.method, request.path, request.raw_query, headers, names,
                               hashlib.sha256(request.body).hexdigest()])
        scope = f"{day}/{region}/{service}/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", when, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = b"AWS4" + self.secret.encode()
        for part in (day, region, service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        want = hmac.digest(key, to_sign.encode(), "sha256").hex()
        self.need(hmac.compare_digest(want, signature), 403, "SignatureDoesNotMatch")


def calendar_seconds(when):
    return calendar.timegm(time.strptime(when, "%Y%m%dT%H%M%SZ"))
