import { Mailstop } from "mailstop";
import { createTransport } from "nodemailer";

const mailstop = await Mailstop.start();
const { smtpHost: host, smtpPort: port } = mailstop;
const app = createTransport({ host, port, ignoreTLS: true });
await app.sendMail({ from: "app@x.test", to: "alice@x.test", subject: "Hi!" });
const [mail] = await mailstop.wait("rcpt:alice subject:hi", { timeout: 5 });
console.log(mail.mail_from, mail.subject);
await mailstop.stop();
