"""test_findings: what clients did against the RFCs, in each form."""

import json
import os
import pty
import subprocess

from api_test import OWN, Api, Events
from mailstop_test import (DEADLINE, MAILSTOP, Server, environment,
                           json_lines, mailstop, main, scratch, test)

BAD = b"no colon\nbare\r\n\r\n"


def fill(server):
    """A bad client, one that is refused, and a message without a session; the
    session's and the messages' ids."""
    with Events(Api(server)) as events, server.client() as client:
        client.hello()
        first = client.send_mail(BAD, greet=False)
        client.ask("MAIL FROM:<a@x.test>", 250)
        client.ask("RCPT TO:<refused@x.test>", 250)
        client.ask("DATA", 354)
        client.data(b"x\n" * 30)
        client.reply(554)
        client.close()
        session = events.session_end()
    path = os.path.join(server.folder, "one.eml")
    with open(path, "wb") as file:
        file.write(b"Subject: imported\n\nx\n")
    server.run("import", path)
    imported, = Api(server).get(OWN + "/wait", query="subject:imported",
                                timeout=30)["messages"]
    refused, = server.messages("state:refused")
    return session, first, refused["id"], imported["id"]


def serve():
    return Server("--fault", "body to=refused@* reply=554")


@test
def all_are_listed():
    with serve() as server:
        session, first, refused, imported = fill(server)
        every = json_lines(server.run("findings", "--json", "--limit", 0))
        assert {f["message"] for f in every} == {None, first, refused,
                                                 imported}, every
        assert {f["session"] for f in every} == {session, ""}
        # A message is under one roof only.
        lines = server.run("findings", "--limit", 0).stdout
        assert len(set(lines.splitlines())) == len(every) == lines.count(b"\n")
        assert every == json_lines(mailstop("findings", "--url", server.url,
                                            "--json", "--limit", 0))
        one = json_lines(server.run("findings", "--json", first))
        assert {f["message"] for f in one} == {first}
        assert "bare-lf" in {f["rule"] for f in one}
        one = json_lines(server.run("findings", "--json", "--limit", 0,
                                    session))
        assert {f["message"] for f in one} == {None, first, refused}
        assert "no-quit" in {f["rule"] for f in one}
        assert server.run("findings", "--limit", 1).stdout.count(b"\n") == 1
        many, = [f for f in json_lines(server.run("findings", "--json",
                                                  refused)) if f["more"]]
        assert many["rule"] == "bare-lf" and many["more"] == 10, many
        server.run("findings", "nobody", status=1)


@test
def sarif_is_one_document():
    with serve() as server:
        session, first, refused, imported = fill(server)
        every = json_lines(server.run("findings", "--json", "--limit", 0))
        text = server.run("findings", "--sarif", "--limit", 0).stdout
        document = json.loads(text)
        assert document["version"] == "2.1.0"
        run, = document["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules) > 50
        assert len(run["results"]) == len(every)
        uris = set()
        for result, finding in zip(run["results"], every):
            rule = rules[result["ruleIndex"]]
            assert result["ruleId"] == rule["id"] == finding["rule"]
            level = rule["defaultConfiguration"]["level"]
            assert result["level"] == level in ("note", "warning", "error")
            assert result["message"]["text"] == finding["title"] + "."
            location, = result["locations"]
            place = location["physicalLocation"]
            assert place["artifactLocation"]["uriBaseId"] in (
                run["originalUriBaseIds"])
            uris.add(place["artifactLocation"]["uri"])
            if finding["message"]:
                assert place["region"]["byteOffset"] == finding["offset"]
            else:
                assert place["region"]["startLine"] == finding["line"] + 1
        assert uris == {"session/%s/transcript" % session} | {
            "message/%s/raw" % each for each in (first, refused, imported)}
        # What it points at is there.
        api = Api(server)
        for uri in uris:
            api.ask("GET", OWN + "/" + uri)
        line = [f for f in every if f["rule"] == "no-quit"][0]["line"]
        shown = server.run("transcript", session).stdout.splitlines()
        # The last thing that was asked for.
        assert b" C: DATA" in shown[line], shown[line]
        assert not any(b" C: " in each for each in shown[line + 1:])
        # The other place, and none at all.
        assert text == mailstop("findings", "--url", server.url, "--sarif",
                                "--limit", 0).stdout
        server.run("rm", "seq>0")
        empty = json.loads(server.run("findings", "--sarif", "--limit", 0,
                                      first, status=None).stdout)
        assert empty["runs"][0]["results"] == []
        ran = server.run("findings", "--sarif", "--json", status=64)
        assert b"only one" in ran.stderr and ran.stdout == b""


@test
def a_person_reads_a_list():
    with serve() as server:
        session, first, _, _ = fill(server)
        reading, writing = pty.openpty()
        process = subprocess.Popen(
            [MAILSTOP, "findings", "--db", server.db, "--limit", "0"],
            env=environment(server.folder), stdin=subprocess.DEVNULL,
            stdout=writing)
        os.close(writing)
        text = b""
        while True:
            try:
                part = os.read(reading, 65536)
            except OSError:  # how a terminal ends
                break
            text += part
        os.close(reading)
        assert process.wait(DEADLINE) == 0
        text = text.decode().replace("\r\n", "\n")
        assert text.startswith("session %s\n  warning no-quit RFC 5321 "
                               "4.1.1.10 at line " % session), text
        assert "\n\nmessage %s\n  error date-missing" % first in text, text
        assert ('\n  error bare-lf RFC 5321 2.3.8 at 8: A line ends with LF '
                'without CR: "\\nbare\\r\\n\\r\\n"\n') in text, text
        assert " (and 10 more)\n" in text, text
        # The same words, from what is in a pipe.
        lines = server.run("findings", session, "--limit", 0).stdout.decode()
        assert "\terror\tbare-lf\t8\tRFC 5321 2.3.8\t\\nbare" in lines, lines
        assert first in lines


@test
def rules_that_are_not_there_are_pointed_at():
    with scratch() as folder, Server(folder=folder) as server:
        with server.client() as client:
            client.send_mail(BAD)
        assert len(server.messages("finding:BARE-lf")) == 1
        assert len(server.messages("finding:bare-*")) == 1
        assert server.messages("finding:nul") == []
        for words in (("list", "subject:x finding:bare-lff"),
                      ("wait", "subject:x finding:bare-lff"),
                      ("rm", "subject:x finding:bare-lff")):
            ran = server.run(*words, status=64)
            assert b"the id of a rule" in ran.stderr, ran.stderr
        answer = Api(server).ask(
            "GET", OWN + "/messages?query=finding:bare-lff", status=400)
        assert "id of a rule" in answer.json["error"], answer.body
        mailstop("assert", "--url", server.url, "finding:bare-lff == 0",
                 status=64)


main()
