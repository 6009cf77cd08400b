// vitest: each test looks at what came since it began.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Mailstop } from "mailstop";
import { signUp } from "../src/app.js"; // sends by SMTP_HOST and SMTP_PORT

let server, mailstop;
beforeAll(async () => {
  server = await Mailstop.start();
  process.env.SMTP_HOST = server.smtpHost;
  process.env.SMTP_PORT = String(server.smtpPort);
});
beforeEach(async () => {
  mailstop = await server.fresh();
});
afterAll(() => server.stop());

test("welcomes who signs up", async () => {
  await signUp("alice@x.test");
  const [mail] = await mailstop.wait("rcpt:alice subject:welcome");
  expect(mail.mail_from).toBe("hello@app.test");
});
