// Sends messages with nodemailer; options and messages come as JSON on the
// standard input: {"transport": {...}, "mails": [{..., "raw64": "..."}]}.
// Prints {"sent": [...], "built": ["base64", ...]}: what it made of each.
"use strict";

const nodemailer = require("nodemailer");
const MailComposer = require("nodemailer/lib/mail-composer");

async function main(text) {
	const {transport, mails} = JSON.parse(text);
	const transporter = nodemailer.createTransport(transport);
	const built = [];
	const sent = [];

	for (const mail of mails) {
		const bytes = mail.raw64
			? Buffer.from(mail.raw64, "base64")
			: await new MailComposer(mail).compile().build();

		built.push(bytes.toString("base64"));
		sent.push((await transporter.sendMail({
			envelope: mail.envelope, raw: bytes,
		})).response);
	}
	transporter.close();
	process.stdout.write(JSON.stringify({sent, built}));
}

let input = "";
process.stdin.on("data", (part) => { input += part; });
process.stdin.on("end", () => main(input).catch((error) => {
	process.stderr.write(error.stack + "\n");
	process.exit(1);
}));
