/*
 * lib: what the tests of the page share: a server, a client for it, a browser,
 * and TAP. Nothing here sleeps: each wait is for an event, with a deadline.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const require = createRequire(
    path.join(path.resolve(process.env.BROWSER_MODULES), 'x.js'));
const { chromium } = require('playwright-core');
const MAILSTOP = path.resolve(process.env.MAILSTOP || 'mailstop');
/* Milliseconds; sanitizers and busy machines are slow. */
export const DEADLINE = 30000;

export const axeSource = () => fs.readFileSync(
    require.resolve('axe-core/axe.min.js'), 'utf8');

/* ---- TAP */

const tests = [];
export const test = (name, run) => tests.push({name, run});

const remark = (text) => console.log(
    String(text).trimEnd().split('\n').map((it) => '# ' + it).join('\n'));

async function runOne({name, run}) {
	const started = Date.now();

	try {
		await run();
		return {name, text: `${Date.now() - started} ms`, isGood: true};
	} catch (error) {
		return {name, text: error.stack || error, isGood: false};
	}
}

/* Two at a time: most of a test is waiting. */
export async function main(wanted) {
	const chosen = tests.filter(({name}) => wanted.length === 0 ||
	    wanted.some((it) => name.includes(it)));
	const rest = [...chosen];
	let number = 0, isGood = true;
	const work = async () => {
		while (rest.length) {
			const done = await runOne(rest.shift());

			isGood &&= done.isGood;
			console.log(`${done.isGood ? 'ok' : 'not ok'} ` +
			    `${++number} - ${done.name}`);
			remark(done.text);
		}
	};

	console.log('1..' + chosen.length);
	await Promise.all([work(), work()]);
	await (await common)?.close();
	return isGood;
}

/* ---- the server */

export const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'mailstop-page-'));

function waitForFile(file, child) {
	return new Promise((resolve, reject) => {
		const read = () => {
			try {
				const text = fs.readFileSync(file, 'utf8');
				done(resolve, JSON.parse(text));
			} catch {
				/* It is not there yet, or not whole. */
			}
		};
		const done = (then, value) => {
			watcher.close();
			clearTimeout(timer);
			child.removeListener('exit', onExit);
			then(value);
		};
		const onExit = (code) => done(reject,
		    new Error(`the server ended with ${code}`));
		const watcher = fs.watch(path.dirname(file), read);
		const timer = setTimeout(() => done(reject,
		    new Error('the server is not ready in time')), DEADLINE);

		child.on('exit', onExit);
		read();
	});
}

export class Server {
	static count = 0;

	static async start(...options) {
		const folder = path.join(scratch, 'server-' + Server.count++);
		const ready = path.join(folder, 'ready.json');
		const server = new Server();

		fs.mkdirSync(folder);
		server.child = spawn(MAILSTOP, ['serve', '--memory',
			'--smtp', '127.0.0.1:0', '--http', '127.0.0.1:0',
			'--ready-file', ready, ...options], {
			stdio: ['ignore', 'ignore', fs.openSync(
			    path.join(folder, 'log'), 'w')],
			env: {...process.env, XDG_STATE_HOME: folder,
				HOME: folder},
		});
		const facts = await waitForFile(ready, server.child);
		server.smtp = Number(facts.smtp[0].split(':').at(-1));
		server.origin = 'http://' + facts.http[0];
		server.url = server.origin + '/';
		return server;
	}

	/* Of a database, which is shown only. */
	static async view(database) {
		const folder = path.join(scratch, 'view-' + Server.count++);
		const ready = path.join(folder, 'ready.json');
		const server = new Server();

		fs.mkdirSync(folder);
		server.child = spawn(MAILSTOP, ['ui', database,
			'--http', '127.0.0.1:0', '--ready-file', ready],
		{stdio: ['ignore', 'ignore', 'ignore']});
		const facts = await waitForFile(ready, server.child);
		server.origin = 'http://' + facts.http[0];
		server.url = server.origin + '/';
		return server;
	}

	async stop() {
		if (this.child.exitCode !== null)
			return;
		const ended = new Promise((resolve) =>
			this.child.once('exit', resolve));
		this.child.kill('SIGTERM');
		await ended;
	}

	/* The API, as a program without an Origin asks it. */
	async api(where, options) {
		const response = await fetch(this.url + where, options);
		const text = await response.text();

		if (!response.ok)
			throw new Error(`${where}: ${response.status} ${text}`);
		return /json/.test(response.headers.get('content-type'))
		    ? JSON.parse(text) : text;
	}

	/* The newest message of that subject. */
	async find(subject) {
		const {messages} = await this.api('api/mailstop/v1/wait?timeout=20' +
		    '&query=' + encodeURIComponent(`subject:"${subject}"`));

		return messages.at(-1);
	}

	send(mail, options) {
		return sendMail(this.smtp, mail, options);
	}
}

/* ---- SMTP */

const CRLF = '\r\n';

/* Says each line when the reply to the one before is there; gives the replies.
   A line that is a Buffer is sent as it is. */
export function talk(port, lines) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(port, '127.0.0.1');
		const rest = [...lines], replies = [];
		let text = '';

		socket.setTimeout(DEADLINE, () => socket.destroy(
		    new Error('no reply')));
		socket.on('error', (error) => lines.mayBreak
		    ? resolve(replies) : reject(error));
		socket.on('close', () => resolve(replies));
		socket.on('data', (data) => {
			text += data.toString('latin1');
			if (!/^\d{3} .*\r\n$/m.test(text) || !text.endsWith(CRLF))
				return;
			replies.push(text);
			text = '';
			const line = rest.shift();
			if (line === undefined)
				socket.end();
			else
				socket.write(Buffer.isBuffer(line) ? line
				    : line + CRLF);
		});
	});
}

const stuffed = (mail) => Buffer.from(Buffer.from(mail).toString('latin1')
    .replace(/^\./gm, '..'), 'latin1');

export const sendMail = (port, mail, {
	from = 'sender@example.test', to = ['alice@example.test'],
	helo = 'client.example.test',
} = {}) => talk(port, ['EHLO ' + helo, `MAIL FROM:<${from}>`,
	...to.map((it) => `RCPT TO:<${it}>`), 'DATA',
	Buffer.concat([stuffed(mail), Buffer.from('\r\n.\r\n')]), 'QUIT']);

/* {Subject: 'x', ...} and a body, or parts of [type, body, more headers]. */
export function mail(headers, body) {
	const all = {
		From: 'Sender <sender@example.test>',
		To: 'Alice <alice@example.test>',
		Date: 'Wed, 25 Nov 2026 10:00:00 +0000',
		'Message-ID': `<${Math.random()}@example.test>`,
		'MIME-Version': '1.0', ...headers,
	};
	let text = body;

	if (Array.isArray(body)) {
		all['Content-Type'] ??= 'multipart/mixed; boundary=limit';
		text = body.map(([type, content, more = {}]) => '--limit' + CRLF +
		    `Content-Type: ${type}` + CRLF +
		    Object.entries(more).map(([k, v]) => `${k}: ${v}` + CRLF)
			.join('') + CRLF + content + CRLF).join('') +
		    '--limit--' + CRLF;
	}
	return Object.entries(all).map(([k, v]) => `${k}: ${v}` + CRLF).join('') +
	    CRLF + text;
}

export const html = (subject, content, more = {}) => mail({
	Subject: subject, 'Content-Type': 'text/html; charset=utf-8', ...more,
}, content);

/* ---- the browser */

const start = (...more) => chromium.launch({
	executablePath: process.env.CHROMIUM,
	args: ['--no-sandbox', '--disable-gpu', '--no-first-run',
		'--disable-background-networking', '--disable-component-update',
		'--disable-sync', '--disable-default-apps', ...more],
});

let common = null;

/* A browser of one's own where there are arguments; else one that is shared, of
   which close() takes away what was opened in it. */
export async function launch(...more) {
	if (more.length)
		return start(...more);
	const browser = await (common ??= start());
	const contexts = [];

	return {
		newContext: async (options) => {
			contexts.push(await browser.newContext(options));
			return contexts.at(-1);
		},
		close: () => Promise.all(contexts.map((it) => it.close())),
	};
}

/* A page that fails the test on errors of the page itself. */
export async function openPage(browser, url, options = {}) {
	const context = await browser.newContext({
		viewport: {width: 1360, height: 860}, colorScheme: null,
		...options,
	});
	const page = await context.newPage();

	page.setDefaultTimeout(DEADLINE);
	page.problems = [];
	page.on('pageerror', (error) =>
		page.problems.push(error.stack || String(error)));
	page.on('console', (message) => {
		/* Playwright looks into frames that run no script. */
		if (message.type() === 'error' &&
		    !/^Blocked script execution in 'about:srcdoc'/.test(
			message.text()))
			page.problems.push(message.text());
	});
	await page.goto(url);
	return page;
}

/* What a failure looks like: appended to the error. */
export async function describe(page, error) {
	const text = await page.evaluate(() => document.body.innerText)
	    .catch(String);

	error.stack += `\n${page.url()}\n${page.problems.join('\n')}\n` +
	    text.slice(0, 1500);
	throw error;
}

/* For frames without script, where the browser cannot wait by itself: asks once
   a frame is drawn. */
export async function until(page, isSo) {
	const end = Date.now() + DEADLINE;

	while (!await isSo()) {
		expect(Date.now() < end, `${isSo} in time`);
		await page.evaluate(() => new Promise(requestAnimationFrame));
	}
}

export const closePage = (page) => page.context().close();

export function expect(is, what) {
	if (!is)
		throw new Error(what);
}

export function same(found, wanted, what = '') {
	const text = (it) => JSON.stringify(it);

	if (text(found) !== text(wanted))
		throw new Error(`${what} ${text(found)} is not ${text(wanted)}`);
}
