# SPDX-License-Identifier: BSD-2-Clause
"""What --json prints is what docs/schema/ says, member by member."""

import json
import pathlib
import re
import time

import pytest

import stage
from conftest import BUILD
from test_command import COMMAND, commands, enrolled, help_options, ready, staged, with_a_challenge  # noqa: F401

jsonschema = pytest.importorskip("jsonschema", reason="python3-jsonschema is not installed")

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMAS = TOP / "docs/schema"


def strict(schema):
    """Schemas leave room for members to come; here each that is printed must be described."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(part) for key, part in schema.items()}
    return {**closed, "additionalProperties": False} if "properties" in schema else closed


def validate(text):
    """The object that a command printed, which is as its schema says."""
    printed = json.loads(text)
    assert list(printed)[:2] == ["schema", "version"]
    schema = json.loads((SCHEMAS / f"{printed['schema']}-{printed['version']}.json").read_text())
    jsonschema.Draft202012Validator(strict(schema), format_checker=None).validate(printed)
    return printed


def commands_with_json():
    return {name.replace(" ", "-") for name, text in commands().items() if "json" in help_options(text)}


def test_every_command_with_json_has_a_sound_schema_and_a_line_in_the_docs():
    files = {path.stem.removesuffix("-1"): json.loads(path.read_text()) for path in SCHEMAS.glob("*-1.json")}
    assert commands_with_json() <= files.keys()
    described = dict(re.findall(r"^\| \[`([a-z-]+)`\]\(schema/([a-z-]+-1\.json)\) \|", (TOP / "docs/json.md").read_text(), re.MULTILINE))
    assert described == {name: f"{name}-1.json" for name in files}
    for name, schema in files.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"urn:otpcode:{name}:1"


def test_validation_finds_a_member_that_is_missing_or_not_described(enrolled):
    printed = json.loads(enrolled.done("list", "--json"))
    assert validate(json.dumps(printed)) == printed
    del printed["users"][0]["uid"]
    with pytest.raises(jsonschema.ValidationError):
        validate(json.dumps(printed))
    with pytest.raises(jsonschema.ValidationError):
        validate(json.dumps({**json.loads(enrolled.done("list", "--json")), "more": 1}))


def test_facts_of_users_are_as_their_schemas_say(enrolled):
    enrolled.change_record("nobody", with_a_challenge)
    enrolled.done("lock", "daemon")
    assert validate(enrolled.done("show", "nobody", "--json"))["challenges"]
    assert validate(enrolled.done("show", "daemon", "--json"))["admin_locked"]
    assert [user["user"] for user in validate(enrolled.done("list", "--json"))["users"]] == ["daemon", "nobody"]
    assert [user["user"] for user in validate(enrolled.done("list", "--locked", "--json"))["users"]] == ["daemon", "nobody"]
    validate(enrolled.done("list", "--unenrolled", "--json"))


def test_stories_are_as_their_schema_says(enrolled):
    enrolled.change_record("nobody", with_a_challenge)
    assert validate(enrolled.done("why", "nobody", "--json"))["state"] == "enrolled"
    assert validate(enrolled.done("why", "root", "--json"))["state"] == "not-enrolled"
    enrolled.state_path("daemon").write_bytes(b"x" * 16384)
    ended = enrolled.otpcode("why", "daemon", "--json")
    assert (ended.returncode, validate(ended.stdout)["state"]) == (1, "unreadable")


def test_means_of_a_user_are_as_their_schemas_say(enrolled):
    now = int(time.time())
    kept = (f"backup seal={'55' * 16} until=0\nbackup seal={'66' * 16} until={now + 86400}\n"
            f"device id={'44' * 16} service=sshd network=192.0.2.0/24 since={now - 10} until={now + 1000}\n")
    enrolled.change_record("nobody", lambda text: text.replace("event ", kept + "event ", 1))
    path = enrolled.folder / "users.jsonl"
    path.write_text(json.dumps({"user": "nobody", "totp": f"secret={'31' * 20} preferred=yes"}) + "\n")
    enrolled.done("import", path, "--update")
    shown = validate(enrolled.done("show", "nobody", "--json"))
    assert (shown["app"]["preferred"], len(shown["backup_codes"]), len(shown["devices"])) == (True, 2, 1)
    assert len(validate(enrolled.done("devices", "nobody", "--json"))["devices"]) == 1
    assert validate(enrolled.done("list", "--json"))["users"][1]["app"]
    assert validate(enrolled.done("show", "daemon", "--json"))["app"] is None


def test_a_record_that_is_damaged_is_as_its_schema_says(enrolled):
    state = enrolled.state_path("nobody")
    state.write_bytes(b"x" * 8192 + state.read_bytes()[8192:])
    assert validate(enrolled.done("show", "nobody", "--json"))["damaged"]


def test_an_empty_list_is_as_its_schema_says(ready):
    assert validate(ready.done("list", "--json"))["users"] == []


def test_facts_of_the_host_are_as_their_schemas_say(staged):
    assert all(part["made"] for part in validate(staged.done("init", "--json"))["parts"][:3])
    assert len(validate(staged.done("config", "show", "--json"))["values"]) > 20


def test_outcome_of_a_test_is_as_its_schema_says(enrolled):
    ended = enrolled.otpcode("test", "nobody", "--json")
    assert validate(ended.stdout)["outcome"] != "sent", "nobody listens there"


def test_a_list_goes_on_past_a_record_that_cannot_be_read(enrolled):
    enrolled.state_path("daemon").write_bytes(b"x" * 16384)
    ended = enrolled.otpcode("list", "--json")
    assert (ended.returncode, [user["user"] for user in validate(ended.stdout)["users"]]) == (1, ["nobody"])
    assert "the record of daemon cannot be read" in ended.stderr


def test_findings_of_the_doctor_are_as_their_schema_says(enrolled):
    found = validate(enrolled.otpcode("doctor", "--json").stdout)
    assert found["faults"] + found["warnings"] > 0 and len(found["checks"]) > 5
