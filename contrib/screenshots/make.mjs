/*
 * make: takes the pictures beside it anew, with mail that a shop might send.
 *
 * usage: BROWSER_SCRIPT=contrib/screenshots/make.mjs TOP_BUILDDIR=build \
 *            MAILSTOP=build/mailstop tests/browser/browser.sh
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

import { closePage, launch, openPage, scratch, sendMail, Server, talk,
} from '../../tests/browser/lib.mjs';

const folder = path.dirname(fileURLToPath(import.meta.url));
const CRLF = '\r\n';

/* ---- what is sent */

function png(width, height, colour) {
	const rows = Buffer.alloc((width * 3 + 1) * height);
	const chunk = (type, data) => {
		const body = Buffer.concat([Buffer.from(type), data]);
		const size = Buffer.alloc(4), sum = Buffer.alloc(4);

		size.writeUInt32BE(data.length);
		sum.writeUInt32BE(zlib.crc32(body));
		return Buffer.concat([size, body, sum]);
	};
	const head = Buffer.alloc(13);

	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++)
			Buffer.from(colour(x / width, y / height))
			    .copy(rows, y * (width * 3 + 1) + 1 + x * 3);
	head.writeUInt32BE(width);
	head.writeUInt32BE(height, 4);
	head.set([8, 2], 8);
	return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
		chunk('IHDR', head), chunk('IDAT', zlib.deflateSync(rows)),
		chunk('IEND', Buffer.alloc(0))]);
}

const LOGO = png(160, 48, (x, y) => [30 + 150 * x, 90 + 60 * y, 200]);
const MAP = png(240, 160, (x, y) => [200 - 60 * y, 220 - 40 * x, 190]);

const part = (type, headers, body) => [`Content-Type: ${type}`, ...headers, '',
	body].join(CRLF);
const binary = (type, name, bytes, more = []) => part(`${type}; name="${name}"`,
    ['Content-Transfer-Encoding: base64', ...more], bytes.toString('base64')
	.replace(/.{76}/g, '$&' + CRLF));
const file = (type, name, bytes) => binary(type, name, bytes,
    [`Content-Disposition: attachment; filename="${name}"`]);
const multipart = (kind, limit, parts) => part(
    `multipart/${kind}; boundary="${limit}"`, [], parts.map(
	(it) => `--${limit}${CRLF}${it}${CRLF}`).join('') + `--${limit}--`);
const letter = (headers, body) => [
	'MIME-Version: 1.0', 'Date: ' + new Date().toUTCString()
	    .replace('GMT', '+0000'), ...headers, body].join(CRLF) + CRLF;

const WELCOME = `<!doctype html>
<body style="margin:0;background:#f2f4f8;font-family:Arial,sans-serif">
<table width="100%" cellpadding="0"><tr><td align="center" style="padding:28px 12px">
<table width="100%" style="max-width:560px;background:#fff;border-radius:12px">
<tr><td style="padding:28px 36px"><img src="cid:logo@shop.test" width="160" height="48"
alt="Shop"><h1 style="font-size:24px;color:#1d2b4f">Welcome, Ada!</h1>
<p style="font-size:15px;line-height:1.6;color:#3d4a66">We are glad that you are
here. Please confirm your address, so that we know that it is yours.</p>
<p style="margin:28px 0"><a href="https://shop.test/confirm?token=9f8c2a"
style="background:#2f6fed;color:#fff;padding:12px 22px;border-radius:8px;
text-decoration:none">Confirm my address</a></p>
<p style="font-size:13px;color:#5d6880">If you did not sign up,
<a href="https://shop.test/ignore">ignore this mail</a>.</p>
<img src="https://track.shop.test/open.gif" width="1" height="1" alt="">
<img src="https://cdn.shop.test/spring.png" width="1" alt=""></td></tr></table>
</td></tr></table></body>`;

const welcome = () => letter([
	'From: Shop <hello@shop.test>', 'To: Ada Lovelace <ada@example.test>',
	'Cc: Grace Hopper <grace@example.test>', 'Subject: Welcome to the shop, Ada',
	'Reply-To: Support <support@shop.test>', 'Message-ID: <w1@shop.test>',
	'X-Tags: welcome',
	'List-Unsubscribe: <https://shop.test/unsub?u=1>, <mailto:unsub@shop.test>',
	'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
], multipart('mixed', 'outer', [
	multipart('alternative', 'inner', [
		part('text/plain', [], 'Welcome, Ada! Please confirm your address: ' +
		    CRLF + 'https://shop.test/confirm?token=9f8c2a' + CRLF),
		multipart('related', 'html', [
			part('text/html; charset=utf-8', [],
			    WELCOME.replaceAll('\n', CRLF)),
			binary('image/png', 'logo.png', LOGO, [
				'Content-ID: <logo@shop.test>',
				'Content-Disposition: inline; filename="logo.png"']),
		]),
	]),
	file('application/pdf', 'terms and conditions.pdf', Buffer.alloc(83000, 65)),
	file('image/png', 'map.png', MAP),
	file('text/csv', 'customers.csv', Buffer.from('id,name\r\n1,Ada\r\n')),
]));

const PEOPLE = [['Ada Lovelace', 'ada'], ['Grace Hopper', 'grace'],
	['Alan Turing', 'alan'], ['Katherine Johnson', 'katherine'],
	['Emmy Noether', 'emmy']];
const KINDS = [
	['Shop <hello@shop.test>', 'Your order 10N has shipped',
		'It left our house this morning and is with you on Friday.'],
	['Billing <billing@shop.test>', 'Invoice 20N',
		'Please find your invoice attached. It is due within 14 days.'],
	['CI <ci@build.test>', 'Build #3N failed: unit tests',
		'2 of 418 tests failed: test_session, test_spool.'],
	['Support <support@shop.test>', 'Re: Ticket 4N: cannot log in',
		'We have reset your password; the link holds for an hour.'],
	['Newsletter <news@shop.test>', 'The week in review, issue 5N',
		'What was new, what sold out, and what our readers say.'],
	['Monitoring <alert@ops.test>', '[RESOLVED] Disk space on db-N',
		'Usage went down to 61 %. The alarm lasted 12 minutes.'],
];

async function sendOne(server, i) {
	const [from, subject, text] = KINDS[i % KINDS.length];
	const [name, local] = PEOPLE[i % PEOPLE.length];
	const body = part('text/plain', [], text + CRLF);

	await server.send(letter([`From: ${from}`,
		`To: ${name} <${local}@example.test>`,
		`Subject: ${subject.replace('N', 10 + i)}`,
		`Message-ID: <${i}@shop.test>`,
		...i % 7 === 2 ? ['X-Tags: nightly, ci'] : [],
	], i % 6 === 1 ? multipart('mixed', 'limit', [body, file('application/pdf',
	    'invoice.pdf', Buffer.alloc(20000, 66))]) : body), {
		from: /<(.*)>/.exec(from)[1], to: [local + '@example.test'],
		helo: 'app.shop.test',
	});
}

const RULES = ['rcpt to=*@full.test reply=452:4.2.2:"Mailbox full"',
	'rcpt first=1 per=recipient to=*@grey.test reply=450:4.7.1:"Try again later"',
	'body header:Subject=*lottery* reply=550:5.7.1:"No lotteries here"'];

/* A client that asks for what it may not have. */
const probe = (port) => talk(port, ['EHLO scanner_7', 'VRFY root',
	'MAIL FROM: <probe@scanner.test>', 'RCPT TO:<a@full.test>',
	'RCPT TO:<b@example.test>', 'DATA', Buffer.from('Subject: probe' + CRLF +
	'From: probe@scanner.test' + CRLF + CRLF + 'bare\nline feed' + CRLF + '.' +
	CRLF), 'QUIT']);

async function prepare(server) {
	for (let i = 0; i < 26; i++)
		await sendOne(server, i);
	await sendMail(server.side, letter(['From: Nightly <n@build.test>',
		'To: ops@example.test', 'Subject: Report of the night',
		'Message-ID: <n@build.test>'],
	part('text/plain', [], 'All is well.')));
	await server.api('api/mailstop/v1/faults', {method: 'PUT',
		body: JSON.stringify({faults: RULES.slice(0, 1)})});
	await probe(server.smtp);
	await server.send(welcome(), {from: 'bounce+ada@mailer.shop.test', to: [
		'ada@example.test', 'grace@example.test', 'audit@shop.test'],
	helo: 'app.shop.test'});
	await server.api('api/mailstop/v1/faults', {method: 'POST',
		body: JSON.stringify({rule: RULES[2]})});
	await server.api('api/mailstop/v1/faults', {method: 'POST',
		body: JSON.stringify({rule: RULES[1]})});
	await server.find('probe');
	return server.find('Welcome to the shop');
}

/* ---- what is taken */

const isDrawn = (page) => page.evaluate(() => Promise.all([
	...document.getAnimations().map((it) => it.finished.catch(() => {})),
	...[...document.images].map((it) => it.decode()),
]));

const views = (message, probed) => [
	['list', '#/', '.row .row-subject:has-text("Welcome")'],
	['message', `#/${message.id}/html`, '.side-html .banner'],
	['transcript', `#/${probed.id}/session`, '.said-finding'],
	['faults', '#/faults', '.rules .switch'],
];
const LOOKS = [
	['', {viewport: {width: 1280, height: 800}, colorScheme: 'light'}],
	['-dark', {viewport: {width: 1280, height: 800}, colorScheme: 'dark'}],
	['-phone', {viewport: {width: 390, height: 800}, colorScheme: 'light'}],
];

const server = await Server.start('--smtp',
    `name=side,addr=unix:${scratch}/side,inbox=nightly`);
const browser = await launch();

server.side = path.join(scratch, 'side');
try {
	const message = await prepare(server);
	const probed = await server.find('probe');

	for (const [look, options] of LOOKS) {
		const page = await openPage(browser, server.url, options);

		for (const [name, hash, ready] of views(message, probed)) {
			await page.goto(server.url + hash);
			await page.waitForSelector(ready);
			await page.waitForSelector('.connection.live',
			    {state: 'attached'});
			await isDrawn(page);
			await page.screenshot({path: path.join(folder,
			    name + look + '.png')});
		}
		await closePage(page);
	}
} finally {
	await server.stop();
	fs.rmSync(scratch, {recursive: true, force: true});
}
process.exit(0);
