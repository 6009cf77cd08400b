/*
 * hostile: mail that tries to run script, to load or reach something, to leave
 * its frame, or to break the page. None of it may.
 *
 * Every host leads to a server of ours (the canary) by a rule of the resolver,
 * and the browser writes down all that its network does (the net log): no name
 * under leak.test may stand in it, be it for a request, a lookup or a
 * connection that is only prepared.
 */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { closePage, expect, html, launch, mail, openPage, scratch,
	Server, test } from './lib.mjs';

const URL = 'http://N.leak.test/x';
/* Reports itself wherever it runs. */
const BAD = "console.log('pwned');try{top.pwned=1}catch(e){}" +
	"try{parent.postMessage('pwned','*')}catch(e){};new Image().src='" + URL + "'";
const ATTRIBUTE = BAD.replaceAll("'", '&#39;');
const DATA = 'data:text/html,<script>' + BAD + '</scr' + 'ipt>';
const svg = (inside) => '<svg xmlns="http://www.w3.org/2000/svg" ' +
	'xmlns:xlink="http://www.w3.org/1999/xlink">' + inside + '</svg>';
const script = `<script>${BAD}</script>`;

/* N becomes the number of the row, so that a leak names it. These need a message
   of their own. */
const ALONE = {
	script,
	'script that says it was cleaned': `<script data-mailstop-keep>${BAD}</script>`,
	'script in a comment': `<!--><img src=x onerror="${ATTRIBUTE}">-->`,
	'script behind a title': `<title><a title="</title>${script}">`,
	'script in noscript': `<noscript><p title="</noscript>${script}">`,
	'script in a style': `<style><a title="</style>${script}"></style>`,
	'script in math': '<math><mtext><table><mglyph><style><!--</style>' +
	    `<img title="--&gt;&lt;img src=x onerror=${ATTRIBUTE}&gt;">`,
	'script in a template': `<template>${script}</template>`,
	'script in a shadow': '<div><template shadowrootmode=open>' +
	    `${script}<link rel=preconnect href="${URL}"><img src="${URL}">` +
	    '</template></div>',
	'onload': `<body onload="${ATTRIBUTE}"><svg onload="${ATTRIBUTE}">`,
	'onfocus': `<input autofocus onfocus="${ATTRIBUTE}">`,
	'onclick': `<a href="#" onclick="${ATTRIBUTE}" class=click>here</a>`,
	'javascript link': `<a class=click href="javascript:${ATTRIBUTE}">here</a>`,
	'javascript link, spelt otherwise':
	    `<a class=click href="java&#10;script&colon;${ATTRIBUTE}">here</a>`,
	'javascript in an area': '<img usemap=#m width=99 height=99><map name=m>' +
	    `<area class=click coords=0,0,99,99 href="javascript:${ATTRIBUTE}"></map>`,
	'data link': `<a class=click href="${DATA.replaceAll('"', '&quot;')}">here</a>`,
	'link to the top': `<a class=click target=_top href="${URL}">here</a>`,
	'link to the parent': `<a class=click target=_parent href="${URL}">here</a>`,
	'link in the frame': `<a class=click target=_self href="${URL}">here</a>`,
	'relative link': '<a class=click href="/api/v1/messages">here</a>',
	'link with a ping': `<a class=click href="http://ok.test/" ping="${URL}">here</a>`,
	'base': `<base href="${URL}" target=_top><img src=y><a class=click href=z>here</a>`,
	'refresh': `<meta http-equiv=refresh content="0;url=${URL}">`,
	'refresh to script': `<meta http-equiv=refresh content="0;url=javascript:${ATTRIBUTE}">`,
	'policy of its own': '<meta http-equiv=Content-Security-Policy content="img-src *">' +
	    `<img src="${URL}">`,
	'frame': `<iframe src="${URL}"></iframe><iframe srcdoc="&lt;img src=${URL}&gt;"></iframe>`,
	'frame of ours': '<iframe src="/api/mailstop/v1/messages"></iframe>',
	'frame of script': `<iframe src="javascript:${ATTRIBUTE}"></iframe>` +
	    `<iframe src="${DATA.replaceAll('"', '&quot;')}"></iframe>`,
	'frameset': `<frameset onload="${ATTRIBUTE}"><frame src="${URL}"></frameset>`,
	'style cursor': `<p style="cursor:url(${URL}),auto" class=click>x</p>`,
	'style that reads': `<style>input[value^=a]{background:url(${URL})}</style><input value=abc>`,
	'style that is seen': `<style>a:hover,a:visited,a:focus{background:url(${URL})}</style>` +
	    '<a class=click href="http://ok.test/">here</a>',
	'form': `<form action="${URL}" method=post><input name=a value=b>` +
	    '<button class=click>send</button></form>',
	'form to us': '<form action="/api/v1/messages" method=post>' +
	    '<button class=click>send</button></form>',
	'form of a button': `<form><button class=click formaction="${URL}">send</button></form>`,
	'svg link': svg(`<a xlink:href="javascript:${ATTRIBUTE}" class="click">` +
	    '<rect width="99" height="99"/></a>'),
	'svg foreign': svg(`<foreignObject><iframe src="${URL}"></iframe></foreignObject>`),
	'svg animate': svg('<a class="click"><animate attributeName="href" ' +
	    `values="javascript:${ATTRIBUTE}"/><rect width="99" height="99"/></a>`),
	'xml': `<?xml-stylesheet href="${URL}"?><p>x</p>`,
	'cid that is markup': `<img src='cid:"><script>${BAD}</script>'>`,
	'nesting': '<div>'.repeat(5000) + script,
	'cut off': `<img src="${URL}" onerror="${ATTRIBUTE}`,
	'over everything': '<div style="position:fixed;inset:-9999px;z-index:' +
	    '2147483647;background:red" id=cover>Log in again</div>',
	'very wide': `<pre>${'x'.repeat(20000)}</pre><img width=99999 height=99999>`,
};

/* These do not get in each other's way, and share a message. */
const TOGETHER = {
	'script from elsewhere': `<script src="${URL}"></script>`,
	'script module': `<script type=module>${BAD}</script>`,
	'onerror': `<img src=x onerror="${ATTRIBUTE}">`,
	'ontoggle': `<details open ontoggle="${ATTRIBUTE}"><summary>x</summary></details>`,
	'onanimation': '<style>@keyframes x{}</style>' +
	    `<p style="animation:x" onanimationstart="${ATTRIBUTE}">x</p>`,
	'cookie': '<meta http-equiv=Set-Cookie content="a=b">',
	'image': `<img src="${URL}" srcset="${URL} 2x">`,
	'image without a scheme': '<img src="//N.leak.test/x"><img src="\\\\N.leak.test\\x">',
	'picture': `<picture><source srcset="${URL}"><img></picture>`,
	'input image': `<input type=image src="${URL}">`,
	'background': `<table background="${URL}"><tr><td background="${URL}">x</table>`,
	'video': `<video src="${URL}" poster="${URL}" autoplay></video>`,
	'audio': `<audio autoplay><source src="${URL}"><track src="${URL}"></audio>`,
	'object': `<object data="${URL}"></object><embed src="${URL}">`,
	'applet': `<applet code=x archive="${URL}"></applet>`,
	'portal': `<portal src="${URL}"></portal><fencedframe src="${URL}"></fencedframe>`,
	'style sheet': `<link rel=stylesheet href="${URL}">`,
	'style sheet that is an attribute': `<link rel="STYLESHEET" href="${URL}" onload="${ATTRIBUTE}">`,
	'style import': `<style>@import "${URL}"; @import url(${URL});</style>`,
	'style url': `<p style="background:url(${URL})">x</p>` +
	    `<style>body{background:url(${URL})} p{list-style:url("${URL}")}</style>`,
	'style url, escaped': '<p style="background:u\\72l(\\68ttp\\3a//N.leak.test/x)">x</p>',
	'style image-set': `<p style="background:image-set('${URL}' 1x)">x</p>`,
	'style variable': `<style>:root{--a:url(${URL})} p{background:var(--a)}</style><p>x</p>`,
	'style font': `<style>@font-face{font-family:z;src:url(${URL})} *{font-family:z}</style>x`,
	'prefetch': ['dns-prefetch', 'preconnect', 'prefetch', 'prerender',
		'modulepreload', 'preload', 'icon', 'manifest', 'next'].map(
	    (it) => `<link rel=${it} as=image href="${URL}">`).join(''),
	'speculation': '<script type=speculationrules>{"prefetch":[{"source":' +
	    `"list","urls":["${URL}"]}]}</script>`,
	'import map': `<script type=importmap>{"imports":{"a":"${URL}"}}</script>`,
	'svg script': svg(`<script>${BAD}</script>`),
	'svg image': svg(`<image href="${URL}"/><image xlink:href="${URL}"/>`),
	'svg use': svg(`<use href="${URL}#a"/><use xlink:href="${DATA}#a"/>`),
	'svg filter': svg(`<filter id="f"><feImage href="${URL}"/></filter>` +
	    '<rect width="99" height="99" filter="url(#f)"/>'),
	'svg style': svg(`<style>@import "${URL}";</style>`),
	'cid of nothing': '<img src="cid:none"><img src="cid:../../api/v1/messages">',
};

const CORPUS = [...Object.entries(ALONE),
	...Object.entries(TOGETHER)].map(([name, content], i) => [name,
	content.replaceAll('N.leak.test', `n${i + 1}.leak.test`)]);
const MAILS = [...CORPUS.slice(0, Object.keys(ALONE).length),
	['together', CORPUS.slice(Object.keys(ALONE).length).map(
	    ([, content]) => `<div>${content}</div>`).join('\n')]];

/* Takes each connection and hangs up; remembers what it was asked. wait() is
   for a request that begins so. */
function startCanary() {
	const seen = [], waiting = [];
	const wait = (start) => new Promise((resolve) => {
		waiting.push({start, resolve});
		look();
	});
	const look = () => waiting.forEach((it) => seen.some(
	    (line) => line.startsWith(it.start)) && it.resolve());
	const server = net.createServer((socket) => {
		socket.on('data', (data) => {
			seen.push(data.toString('latin1').split('\r\n')
			    .slice(0, 2).join(' '));
			look();
			socket.end('HTTP/1.1 404 Not Found\r\n' +
			    'Content-Length: 0\r\nConnection: close\r\n\r\n');
		});
		socket.on('error', () => {});
	});

	return new Promise((resolve) => server.listen(0, '127.0.0.1', () =>
		resolve({seen, server, wait, port: server.address().port})));
}

async function withHostile(run) {
	const canary = await startCanary();
	const server = await Server.start();
	const log = path.join(scratch, `net-${server.smtp}.json`);
	const browser = await launch('--host-resolver-rules=' +
	    `MAP *.test 127.0.0.1:${canary.port}`, '--log-net-log=' + log);

	try {
		await run({canary, server, browser});
	} finally {
		await browser.close();
		await server.stop();
		canary.server.close();
	}
	return {log: fs.readFileSync(log, 'utf8'), seen: canary.seen};
}

function watch(page, found) {
	page.on('console', (message) => message.text() === 'pwned' &&
	    found.push('script: ' + page.now));
	page.on('dialog', (dialog) => {
		found.push('dialog: ' + page.now);
		dialog.dismiss();
	});
	page.on('download', () => found.push('download: ' + page.now));
	page.context().on('page', async (popup) => {
		const url = popup.url();
		if (!/^(?:about:blank|http:\/\/127\.0\.0\.1:\d+\/#\/link\/)/.test(url))
			found.push(`popup: ${page.now}: ${url}`);
		await popup.close().catch(() => {});
	});
}

const mailFrame = async (page) => {
	await page.waitForFunction(() => document.querySelector('.mail-frame')
	    ?.contentDocument?.querySelector('iframe'), null, {polling: 50});
	const outer = await (await page.$('.mail-frame')).contentFrame();
	return (await outer.waitForSelector('iframe')).contentFrame();
};

/* Our own page carries the address of a link behind its '#', escaped. */
const leaksIn = (log) =>
	new Set(log.match(/(?<!%2F%2F|%5C%5C)\bn\d+\.leak\.test/g) ?? []);

/* Touches all that a person might. */
async function touch(page, frame) {
	await frame.waitForLoadState();
	for (const it of await frame.$$('.click')) {
		await it.hover({timeout: 1000, force: true}).catch(() => {});
		await it.click({timeout: 1000, force: true, noWaitAfter: true})
		    .catch(() => {});
	}
	/* What follows a click has happened when the page answers again. */
	await page.evaluate(() => new Promise((resolve) =>
		requestAnimationFrame(() => setTimeout(resolve))));
}

async function check(page, server, name, found) {
	const origin = await page.evaluate(() => location.origin);
	const state = await page.evaluate(() => ({
		pwned: 'pwned' in window, hash: location.hash,
		scripts: document.querySelectorAll(
		    'body script, #cover, body > iframe').length,
		head: document.querySelectorAll('h1').length,
	}));
	const frames = page.frames().map((it) => it.url());

	if (origin !== server.origin || state.pwned || state.scripts ||
	    state.head !== 1 + 1)
		found.push(`page: ${name}: ${JSON.stringify(state)}`);
	for (const url of frames)
		if (!/^about:srcdoc(?:#|$)/.test(url) &&
		    !url.startsWith(server.origin))
			found.push(`frame: ${name}: ${url}`);
}

async function showAll({server, browser}, found) {
	const page = await openPage(browser, server.url);
	let number = 0;

	watch(page, found);
	for (const [name, content] of MAILS) {
		const subject = `hostile ${++number}`;

		await server.send(html(subject, content));
		const message = await server.find(subject);
		page.now = name;
		await page.goto(`${server.url}#/${message.id}/html`);
		await page.waitForFunction((text) => document.querySelector(
		    '.message h1')?.textContent === text, subject);
		await touch(page, await mailFrame(page));
		await check(page, server, name, found);
	}
	await closePage(page);
}

test('hostile HTML: no script runs, nothing leaves', async () => {
	const found = [];
	const {log, seen} = await withHostile((all) => showAll(all, found));
	const leaks = leaksIn(log);

	for (const leak of leaks)
		found.push(`network: ${CORPUS[Number(/\d+/.exec(leak)) - 1][0]}`);
	expect(found.length === 0, found.join('\n'));
	expect(seen.length === 0, seen.join('\n'));
});

/* The same with what the user allowed: still no script, no frame, no form, and
   nothing asked of our own server. */
test('remote content comes only when it is asked for', async () => {
	const found = [];
	const {seen} = await withHostile(async ({canary, server, browser}) => {
		await server.send(html('remote', '<img src="http://a.leak.test/i">' +
		    '<link rel=stylesheet href="http://b.leak.test/s">' +
		    '<img src="/api/v1/message/latest">' + script +
		    '<iframe src="http://c.leak.test/f"></iframe>' +
		    '<object data="http://d.leak.test/o"></object>' +
		    `<img src="${server.url}api/v1/messages">`));
		const message = await server.find('remote');
		const page = await openPage(browser, `${server.url}#/${message.id}`);

		page.now = 'remote';
		page.on('console', (it) => it.text() === 'pwned' &&
		    found.push('script'));
		await mailFrame(page);
		await page.click('.banner button');
		await canary.wait('GET /i ');
		await canary.wait('GET /s ');
		await page.waitForFunction(() => /may be loaded/.test(
		    document.querySelector('.banner').textContent));
		const frame = await mailFrame(page);
		await frame.waitForLoadState();
		for (const source of await frame.$$eval('img',
		    (all) => all.map((it) => it.src)))
			if (source && !source.startsWith('http://a.'))
				found.push(source);
		/* For this message, and not for the next time. */
		await page.reload();
		await mailFrame(page);
		await page.waitForSelector('.banner button');
		await closePage(page);
	});

	expect(found.length === 0, found.join('\n'));
	expect(!seen.some((it) => /GET \/[fo] /.test(it)), seen.join('\n'));
});

test('hostile headers, names and transcripts are text', async () => {
	const found = [];
	const bad = `"><img src=x onerror=${BAD.replaceAll(' ', '')}>`;
	const {log} = await withHostile(async ({server, browser}) => {
		const page = await openPage(browser, server.url);

		page.now = 'headers';
		watch(page, found);
		await server.send(mail({
			From: `${bad} <x@n1.leak.test>`, To: `${bad} <y@example.test>`,
			Subject: `bad ${bad}`, 'X-Tags': bad, 'X-Bad': bad,
			'List-Unsubscribe': `<javascript:${BAD}>, <mailto:${bad}>`,
			'Message-ID': `<${bad}>`,
		}, [
			['text/plain', `${bad} http://n1.leak.test/ javascript:x`],
			['text/html', `<p>${script}</p>`, {'Content-Disposition':
			    `attachment; filename="../../../${'a'.repeat(600)}.html"`}],
			['image/svg+xml', svg(`<script>${BAD}</script>` +
			    `<image href="${URL}"/>`), {'Content-Disposition':
			    'attachment; filename="a<script>.svg"'}],
			['image/png', 'no picture', {'Content-ID': `<${bad}>`}],
		]), {helo: 'x', from: 'x@n1.leak.test'});
		const message = await server.find('bad');

		for (const tab of ['text', 'headers', 'parts', 'links', 'raw',
			'session', 'findings']) {
			page.now = tab;
			await page.goto(`${server.url}#/${message.id}/${tab}`);
			await page.waitForSelector(`#tab-${tab}[aria-selected=true]`);
			await page.waitForFunction(() => !/Loading/.test(
			    document.querySelector('.side').textContent) &&
			    document.querySelector('.side-content *'));
		}
		await page.goto(`${server.url}#/${message.id}/parts`);
		await page.waitForSelector('.part');
		for (const part of await page.$$('.part')) {
			await part.click();
			await page.waitForSelector('.part-view > *, .part-pane dl');
		}
		const names = await page.$$eval('a[download]',
		    (all) => all.map((it) => it.download));
		for (const name of names)
			if (/[\\/:*?"<>|]|^\./.test(name) || name.length > 130)
				found.push('file name: ' + name);
		if (await page.$('main img[src=x], main script'))
			found.push('markup');
		await closePage(page);
	});

	for (const leak of leaksIn(log))
		found.push('network: ' + leak);
	expect(found.length === 0, found.join('\n'));
});

test('what is shown inline as an attachment runs nothing', async () => {
	const found = [];
	await withHostile(async ({server, browser}) => {
		await server.send(mail({Subject: 'inline'}, [
			['text/plain', 'x'],
			['text/html', script, {'Content-Disposition':
			    'attachment; filename=a.html'}],
			['image/svg+xml', svg(`<script>${BAD}</script>`),
				{'Content-Disposition': 'attachment; filename=a.svg'}],
		]));
		const message = await server.find('inline');
		const page = await openPage(browser, server.url);

		page.now = 'part';
		watch(page, found);
		for (const number of [2, 3]) {
			await page.goto(`${server.url}api/v1/message/` +
			    `${message.id}/part/${number}`).catch(() => {});
			await page.waitForLoadState();
		}
		await closePage(page);
	});
	expect(found.length === 0, found.join('\n'));
});
