/*
 * published: clients that others have made for Mailpit and MailHog, as they
 * come from their registry, against the server that the environment names.
 *
 * usage: node published.mjs CLIENT
 */
import assert from "node:assert/strict";
import { createRequire, register } from "node:module";
import nodemailer from "nodemailer";

const { API_URL, SMTP_PORT } = process.env;
const require = createRequire(import.meta.url);
const letter = {
  from: "Jörg <from@x.test>",
  to: "Alice <alice@x.test>",
  cc: "carol@x.test",
  bcc: "blind@x.test",
  subject: "Grüße, [1]",
  text: "plain ü\r\n",
  html: '<div style="display:flex"><a href="https://a.test/x">link</a></div>',
  attachments: [{ filename: "a b.txt", content: "attached" }],
};

function send(changes = {}) {
  const transport = nodemailer.createTransport({
    host: "127.0.0.1",
    port: Number(SMTP_PORT),
    ignoreTLS: true,
  });
  return transport.sendMail({ ...letter, ...changes });
}

// ---- a stand-in for Cypress: commands are promises, requests are real

async function request({ method, url, auth, body, qs, ...rest }) {
  const place = new URL(url);
  for (const [name, value] of Object.entries(qs ?? {}))
    place.searchParams.set(name, value);
  const answer = await fetch(place, {
    method,
    headers: {
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...(auth
        ? { Authorization: `Basic ${btoa(`${auth.user}:${auth.pass}`)}` }
        : {}),
    },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok && rest.failOnStatusCode !== false)
    throw new Error(`${method} ${place}: ${answer.status} ${text}`);
  // As Cypress does: by the type, not by what it looks like.
  const isJson = /^application\/json/.test(answer.headers.get("Content-Type"));
  return { status: answer.status, body: isJson ? JSON.parse(text) : text };
}

function stageCypress(settings) {
  const commands = {};
  const wrap = (value) => {
    const chain = Promise.resolve(value);
    const chainable = {
      then: (...callbacks) => wrap(chain.then(...callbacks)),
      its: (name) => wrap(chain.then((found) => found[name])),
      should: () => wrap(chain),
    };
    return chainable;
  };
  globalThis.Cypress = {
    env: (name) => settings[name],
    expose: (name) => settings[name],
    config: (name) => settings[name] ?? 5000,
    Commands: {
      add: (name, options, command) => {
        commands[name] = command ?? options;
        globalThis.cy[name] = (...given) => wrap(commands[name](...given));
      },
    },
  };
  globalThis.cy = {
    wrap,
    env: () => wrap({}),
    request: (options) => wrap(request(options)),
    wait: (ms) => wrap(new Promise((resolve) => setTimeout(resolve, ms))),
    verifyUpcomingAssertions: (found) => wrap(found),
  };
  return globalThis.cy;
}

// ---- the clients

const clients = {
  async "mailpit-api"() {
    const { MailpitClient } = await import("mailpit-api");
    const mailpit = new MailpitClient(API_URL);
    await mailpit.deleteMessages();
    assert.match((await mailpit.getInfo()).Version, /^v\d+\.\d+\.\d+$/);
    assert.equal((await mailpit.getConfiguration()).ChaosEnabled, true);
    const { ID } = await mailpit.sendMessage({
      From: { Email: "from@x.test", Name: "From" },
      To: [{ Email: "alice@x.test" }],
      Bcc: ["blind@x.test"],
      Subject: "by HTTP",
      Text: "text",
      HTML: letter.html,
      Tags: ["one"],
      Attachments: [{ Content: btoa("attached"), Filename: "a b.txt" }],
    });
    const message = await mailpit.getMessageSummary(ID);
    assert.equal(message.HTML, letter.html);
    assert.deepEqual(message.Bcc, [{ Name: "", Address: "blind@x.test" }]);
    assert.deepEqual(message.Tags, ["one"]);
    const part = await mailpit.getMessageAttachment(
      ID,
      message.Attachments[0].PartID,
    );
    assert.equal(await part.text(), "attached");
    const headers = await mailpit.getMessageHeaders("latest");
    assert.deepEqual(headers.Subject, ["by HTTP"]);
    assert.match(await mailpit.getMessageSource(ID), /^Bcc: blind@x\.test\r\n/);
    await send();
    const found = await mailpit.searchMessages({ query: "subject:grüße" });
    assert.equal(found.messages_count, 1);
    assert.equal(found.messages[0].From.Name, "Jörg");
    assert.equal((await mailpit.listMessages(0, 1)).messages.length, 1);
    await mailpit.setReadStatus({ IDs: [ID], Read: false });
    assert.equal((await mailpit.listMessages()).messages_unread, 2);
    await mailpit.setTags({ IDs: [ID], Tags: ["a", "b"] });
    await mailpit.renameTag("a", "c");
    await mailpit.deleteTag("b");
    assert.deepEqual(await mailpit.getTags(), ["c"]);
    assert.match(await mailpit.renderMessageHTML(ID), /display:flex/);
    assert.equal(await mailpit.renderMessageText(ID), "text");
    const html = await mailpit.htmlCheck(ID);
    assert.ok(html.Warnings.some((one) => one.Slug === "css-display-flex"));
    const links = await mailpit.linkCheck(ID);
    assert.deepEqual(links.Links.map((one) => one.URL), ["https://a.test/x"]);
    const triggers = {
      Authentication: { ErrorCode: 451, Probability: 5 },
      Recipient: { ErrorCode: 452, Probability: 0 },
      Sender: { ErrorCode: 453, Probability: 0 },
    };
    assert.deepEqual(await mailpit.setChaosTriggers(triggers), triggers);
    assert.deepEqual(await mailpit.getChaosTriggers(), triggers);
    await mailpit.setChaosTriggers({});
    await mailpit.deleteMessagesBySearch({ query: "subject:HTTP" });
    assert.equal((await mailpit.listMessages()).total, 1);
    await mailpit.deleteMessages({ IDs: [found.messages[0].ID] });
    assert.equal((await mailpit.listMessages()).total, 0);
    await assert.rejects(mailpit.getMessageSummary("nothing"), /404/);
  },

  async mailhog() {
    const { hostname: host, port } = new URL(API_URL);
    const mailhog = require("mailhog")({ host, port: Number(port) });
    assert.equal((await mailhog.deleteAll()).statusCode, 200);
    // It looks at the parts of the top only.
    await send({ subject: "Grüße", attachments: undefined });
    await send({ subject: "second", html: undefined });
    const all = await mailhog.messages(0, 10);
    assert.equal(all.count, 2);
    const mail = await mailhog.latestTo("alice@x.test");
    assert.equal(mail.subject, "second");
    assert.equal(mail.text, "plain ü");
    assert.equal(mail.attachments[0].name, "a b.txt");
    const [first] = (await mailhog.messages(1, 1)).items;
    assert.equal(first.subject, "Grüße");
    assert.equal(first.from, "Jörg <from@x.test>");
    assert.match(first.html, /display:flex/);
    assert.equal((await mailhog.latestFrom("from@x.test")).ID, mail.ID);
    assert.equal((await mailhog.deleteMessage(mail.ID)).statusCode, 200);
    assert.equal((await mailhog.messages()).total, 1);
    assert.equal((await mailhog.deleteAll()).statusCode, 200);
    assert.equal((await mailhog.messages()).total, 0);
  },

  async "cypress-mailpit"() {
    const cy = stageCypress({ MAILPIT_URL: API_URL });
    // It is made for bundlers, which find a module without the end of its name.
    register(`data:text/javascript,${encodeURIComponent(`
      export const resolve = (name, context, next) =>
        next(name, context).catch(() => next(name + ".js", context));
    `)}`);
    await import("cypress-mailpit");
    await cy.mailpitDeleteAllEmails();
    await cy.mailpitSendMail({
      subject: "sent",
      attachments: [
        { Content: btoa("attached"), Filename: "a.txt", ContentType: "text/plain" },
      ],
    });
    await cy.mailpitHasEmailsBySubject("sent");
    await cy.mailpitHasEmailsByTo("jane@example.com");
    const mail = await cy.mailpitGetMail();
    assert.equal(await cy.mailpitGetSubject(mail), "sent");
    assert.equal(await cy.mailpitGetFromAddress(mail), "from@example.com");
    assert.deepEqual(await cy.mailpitGetRecipientAddress(mail), [
      "jane@example.com",
    ]);
    assert.deepEqual(await cy.mailpitGetAttachments(mail), ["a.txt"]);
    assert.equal(
      await cy.mailpitGetMailHTMlBody(mail),
      "<p>hello from mailpit</p>",
    );
    assert.equal(await cy.mailpitGetMailTextBody(mail), "hello from mailpit");
    await cy.mailpitSetAllEmailStatusAsRead();
    assert.equal((await cy.mailpitGetAllMails()).unread, 0);
    await cy.mailpitSetStatusAsUnRead(mail);
    assert.equal((await cy.mailpitGetAllMails()).unread, 1);
    assert.equal((await cy.mailpitSearchEmails("hello")).messages_count, 1);
    await cy.mailpitDeleteEmailsBySearch("subject:sent");
    await cy.mailpitNotHasEmailsBySubject("sent");
  },

  async "cypress-mailhog"() {
    const cy = stageCypress({ mailHogUrl: API_URL });
    require("cypress-mailhog");
    await cy.mhDeleteAll();
    await send({ subject: "hogged" });
    const [mail] = await cy.mhGetMailsBySubject("hogged");
    assert.equal(await cy.mhGetSubject(mail), "hogged");
    assert.equal(await cy.mhGetSender(mail), "from@x.test");
    assert.deepEqual(await cy.mhGetRecipients(mail), [
      "alice@x.test",
      "carol@x.test",
      "blind@x.test",
    ]);
    assert.deepEqual(await cy.mhGetAttachments(mail), ['"a b.txt"']);
    assert.equal((await cy.mhGetMailsByRecipient("alice@x.test")).length, 1);
    assert.equal((await cy.mhGetMailsBySender("from@x.test")).length, 1);
    assert.equal((await cy.mhSearchMails("to", "alice")).length, 1);
    assert.equal((await cy.mhSearchMails("containing", "HOGGED")).length, 1);
    assert.equal(await cy.mhGetJimMode(), false);
    await cy.mhSetJimMode(true);
    assert.equal(await cy.mhGetJimMode(), true);
    await cy.mhSetJimMode(false);
    assert.equal(await cy.mhGetJimMode(), false);
    await cy.mhDeleteAll();
    assert.equal((await cy.mhGetAllMails()).length, 0);
  },
};

await clients[process.argv[2]]();
console.log(`${process.argv[2]} is content`);
process.exit(0);
