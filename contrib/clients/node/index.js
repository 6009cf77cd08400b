/** mailstop: a mail server for tests, and what came to it. No dependencies. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

// The server ends when this process does, however it does: its standard input
// is the only thing that keeps the command beside the server running.
const SAY_AND_STAY = 'echo "$SMTP_HOST $SMTP_PORT $MAILSTOP_URL"; exec cat';

export class MailstopError extends Error {
  name = "MailstopError";
}

export class MailTimeout extends Error {
  name = "MailTimeout";

  constructor(query, count, timeout, { messages, near = [] }) {
    super(
      [
        `${messages.length} of ${count} messages for ` +
          `${JSON.stringify(query)} came within ${timeout} s`,
        ...near.map(
          (one) =>
            `  near: ${one.mail_from} -> ` +
            `${one.recipients.map((r) => r.address).join(", ")} ` +
            `${JSON.stringify(one.subject)}, but not ${one.missed.join(" ")}`,
        ),
      ].join("\n"),
    );
    this.messages = messages;
    this.near = near;
  }
}

export class Mailstop {
  #process;
  #after;
  #inboxName;

  constructor(
    url,
    { smtpHost = "127.0.0.1", smtpPort = 1025, after = 0, inboxName } = {},
  ) {
    this.url = url.replace(/\/+$/, "");
    this.smtpHost = smtpHost;
    this.smtpPort = smtpPort;
    this.#after = after;
    this.#inboxName = inboxName;
  }

  // ---- the server

  static async start({ options = [], program } = {}) {
    const path = program ?? process.env.MAILSTOP ?? "mailstop";
    const child = spawn(
      path,
      ["run", "--quiet", "--memory", ...options, "--", "sh", "-c", SAY_AND_STAY],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const line = await new Promise((resolve, reject) => {
      const lines = createInterface({ input: child.stdout });
      lines.once("line", resolve);
      child.once("error", (error) =>
        reject(new MailstopError(`${path}: ${error.message}`)),
      );
      child.once("exit", (code) =>
        reject(new MailstopError(`${path} ended with ${code}`)),
      );
    });
    const [smtpHost, smtpPort, url] = line.split(" ");
    const server = new Mailstop(url, { smtpHost, smtpPort: Number(smtpPort) });
    server.#process = child;
    // A test runner that forgets stop() must be able to leave.
    child.unref();
    for (const stream of [child.stdin, child.stdout]) stream.unref?.();
    return server;
  }

  async stop() {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const ended = once(child, "exit");
    child.stdin.end();
    await ended;
  }

  // ---- views

  #view(after, inboxName) {
    const { url, smtpHost, smtpPort } = this;
    return new Mailstop(url, { smtpHost, smtpPort, after, inboxName });
  }

  async fresh() {
    return this.#view((await this.#ask("GET", "now")).seq, this.#inboxName);
  }

  inbox(name) {
    return this.#view(this.#after, name);
  }

  get user() {
    return this.#inboxName ?? "default";
  }

  // ---- mail

  async wait(query = "", { count = 1, timeout = 10 } = {}) {
    const answer = await this.#open("GET", "wait", {
      ...this.#scope(),
      query,
      count,
      timeout,
    });
    const found = await answer.json();
    if (answer.status === 408)
      throw new MailTimeout(query, count, timeout, found);
    return found.messages;
  }

  async take(query = "", count = 1) {
    const given = { ...this.#scope(), query, count };
    return (await this.#ask("POST", "take", given)).messages;
  }

  async messages(query = "", limit = 50) {
    const given = { ...this.#scope(), query, limit };
    return (await this.#ask("GET", "messages", given)).messages;
  }

  message(id) {
    return this.#ask("GET", `message/${encodeURIComponent(id)}`);
  }

  async raw(id) {
    const path = `message/${encodeURIComponent(id)}/raw`;
    return new Uint8Array(await (await this.#open("GET", path)).arrayBuffer());
  }

  async clear(query = "") {
    const { inbox } = this.#scope();
    const what = [
      this.#after ? `seq>${this.#after}` : "",
      query && this.#after ? `(${query})` : query,
    ];
    const given = { inbox, query: what.join(" ").trim() };
    return (await this.#ask("DELETE", "messages", given)).deleted;
  }

  // ---- faults

  async addFault(rule) {
    return (await this.#ask("POST", "faults", {}, { rule })).id;
  }

  async removeFault(id) {
    await this.#ask("DELETE", `fault/${encodeURIComponent(id)}`);
  }

  async clearFaults() {
    await this.#ask("PUT", "faults", {}, { faults: [] });
  }

  // ---- HTTP

  #scope() {
    return { after: this.#after, inbox: this.#inboxName };
  }

  async #open(method, path, parameters = {}, body) {
    const place = new URL(`${this.url}/api/mailstop/v1/${path}`);
    for (const [name, value] of Object.entries(parameters))
      if (value !== undefined && value !== "")
        place.searchParams.set(name, String(value));
    const answer = await fetch(place, {
      method,
      body: body && JSON.stringify(body),
    });
    if (answer.ok || answer.status === 408) return answer;
    const text = await answer.text();
    let reason = `${method} ${place}: ${answer.status}`;
    try {
      reason = JSON.parse(text).error;
    } catch {
      // The status has to do.
    }
    throw new MailstopError(reason);
  }

  async #ask(method, path, parameters, body) {
    return (await this.#open(method, path, parameters, body)).json();
  }
}
