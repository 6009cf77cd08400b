// jest, with --experimental-vm-modules (or transformed), as it runs ES modules.
import { Mailstop } from "mailstop";
import { signUp } from "../src/app.js";

let mailstop;
beforeAll(async () => {
  mailstop = await Mailstop.start();
  process.env.SMTP_HOST = mailstop.smtpHost;
  process.env.SMTP_PORT = String(mailstop.smtpPort);
});
afterEach(() => mailstop.clear());
afterAll(() => mailstop.stop());

test("welcomes who signs up", async () => {
  await signUp("alice@x.test");
  const [mail] = await mailstop.wait("rcpt:alice subject:welcome");
  expect(mail.mail_from).toBe("hello@app.test");
});
