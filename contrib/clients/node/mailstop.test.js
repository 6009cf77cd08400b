/** The client against the real server; node --test runs it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { after, before, test } from "node:test";

import { MailTimeout, Mailstop, MailstopError } from "./index.js";

let server;
before(async () => {
  server = await Mailstop.start();
});
after(() => server.stop());

/** Just enough of SMTP; the reply that ended it. */
async function send(mailstop, { to = "alice@x.test", subject, user } = {}) {
  const socket = net.connect(mailstop.smtpPort, mailstop.smtpHost);
  const lines = socket.setEncoding("utf8")[Symbol.asyncIterator]();
  let text = "";
  const reply = async () => {
    while (!/^\d{3} .*\r\n$/m.test(text)) text += (await lines.next()).value;
    const said = text;
    text = "";
    return said;
  };
  const login = user && Buffer.from(`\0${user}\0any`).toString("base64");
  const dialogue = [
    "EHLO test",
    ...(login ? [`AUTH PLAIN ${login}`] : []),
    "MAIL FROM:<me@app.test>",
    `RCPT TO:<${to}>`,
    "DATA",
    `Subject: ${subject ?? "Welcome"}\r\n\r\nHello.\r\n.`,
  ];
  let said = await reply();
  for (const line of dialogue) {
    socket.write(`${line}\r\n`);
    said = await reply();
    if (said[0] > "3") break;
  }
  socket.destroy();
  return said;
}

test("waits and reads", async () => {
  const mailstop = await server.fresh();
  assert.deepEqual(await mailstop.messages(), []);
  const waiting = mailstop.wait("rcpt:alice subject:welcome");
  await send(mailstop);
  const [mail] = await waiting;
  assert.equal(mail.mail_from, "me@app.test");
  assert.equal((await mailstop.message(mail.id)).text, "Hello.\r\n");
  const raw = Buffer.from(await mailstop.raw(mail.id)).toString();
  assert.ok(raw.endsWith("\r\nHello.\r\n"), raw);
});

test("names the nearest misses", async () => {
  const mailstop = await server.fresh();
  await send(mailstop);
  await mailstop.wait();
  await assert.rejects(
    mailstop.wait("rcpt:alice subject:invoice", { timeout: 0.1 }),
    (error) => {
      assert.ok(error instanceof MailTimeout);
      assert.match(error.message, /0 of 1 messages/);
      assert.match(error.message, /"Welcome", but not subject:invoice/);
      return true;
    },
  );
});

test("takes and clears", async () => {
  const mailstop = await server.fresh();
  for (const n of [0, 1, 2]) await send(mailstop, { subject: `mail ${n}` });
  await mailstop.wait("", { count: 3 });
  const taken = await mailstop.take("subject:1");
  assert.deepEqual(taken.map((m) => m.subject), ["mail 1"]);
  assert.deepEqual(await mailstop.take("subject:1"), []);
  assert.equal(await mailstop.clear("subject:2 OR subject:7"), 1);
  assert.equal((await mailstop.messages()).length, 1);
  assert.equal(await mailstop.clear(), 1);
});

test("fails on purpose", async () => {
  const rule = await server.addFault("rcpt to=*@full.test reply=452:4.2.2:Full");
  assert.match(await send(server, { to: "x@full.test" }), /^452 4.2.2/);
  await server.removeFault(rule);
  assert.match(await send(server, { to: "x@full.test" }), /^250/);
  await server.addFault("mail reply=451:4.3.0:No");
  assert.match(await send(server), /^451/);
  await server.clearFaults();
  assert.match(await send(server), /^250/);
});

test("keeps inboxes apart", async () => {
  const mailstop = await server.fresh();
  await send(mailstop, { user: "one" });
  await send(mailstop, { user: "two", subject: "other" });
  const one = mailstop.inbox("one");
  assert.equal(one.user, "one");
  assert.deepEqual((await one.wait()).map((m) => m.subject), ["Welcome"]);
  assert.equal(await one.clear(), 1);
  assert.equal((await mailstop.messages()).length, 1);
});

test("says what is wrong", async () => {
  await assert.rejects(server.messages("("), MailstopError);
  await assert.rejects(server.message("nothing"), /not found/);
  await assert.rejects(Mailstop.start({ options: ["--nonsense"] }), /ended/);
  await assert.rejects(Mailstop.start({ program: "/nowhere" }), /ENOENT/);
});

test("leaves with its process", async () => {
  const child = spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { Mailstop } from ${JSON.stringify(
        new URL("./index.js", import.meta.url).href,
      )};
       console.log((await Mailstop.start()).url);
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [text] = await once(child.stdout, "data");
  const view = new Mailstop(String(text).trim());
  assert.deepEqual(await view.messages(), []);
  const waiting = assert.rejects(view.wait("subject:never", { timeout: 60 }));
  child.kill("SIGKILL");
  await waiting;
});
