/* message: one message from all its sides. */
import fs from 'node:fs';

import { closePage, describe, expect, html, launch, mail, openPage, same, Server,
	test, until } from './lib.mjs';

/* 1 x 1 pixel. */
const GIF = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const BASE64 = {'Content-Transfer-Encoding': 'base64'};
const waitFor = (page, read, ...wanted) =>
	page.waitForFunction(read, ...wanted, {polling: 50});

const LETTER = mail({
	Subject: 'Welcome', 'Reply-To': 'help@example.test',
	Cc: 'Carl <carl@example.test>', 'X-Tags': 'first',
	'List-Unsubscribe': '<https://list.example.test/u>, <mailto:u@example.test>',
	'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
}, [
	['text/plain; charset=utf-8', 'Look: https://text.example.test/a.'],
	['text/html; charset=utf-8', '<style>p{color:rgb(1,2,3)}' +
	    '@media (prefers-color-scheme: dark){p{color:rgb(4,5,6)}}</style>' +
	    '<p>Hello</p><img src="cid:logo@x" alt=logo>' +
	    '<a id=link href="https://shop.example.test/confirm?a=1">confirm</a>' +
	    '<a href="https://other.example.test/">www.bank.test</a>' +
	    '<img src="https://pixel.example.test/p.gif">'],
	['image/gif', GIF, {...BASE64, 'Content-ID': '<logo@x>',
		'Content-Disposition': 'inline; filename=logo.gif'}],
	['text/csv', 'a,b\r\n1,2\r\n', {'Content-Disposition':
	    'attachment; filename="list of things.csv"'}],
	['application/zip', 'UEsDBAoAAAAA', {...BASE64, 'Content-Disposition':
	    'attachment; filename=a.zip'}],
]);
const ENVELOPE = {
	from: 'bounce@mailer.example.test',
	to: ['alice@example.test', 'carl@example.test', 'hidden@example.test'],
};

async function withMessage(content, run, envelope) {
	const server = await Server.start(), browser = await launch();

	try {
		await look(server, browser, content, run, envelope);
	} finally {
		await browser.close();
		await server.stop();
	}
}

async function look(server, browser, content, run, envelope) {
	const now = await server.api('api/mailstop/v1/now');

	await server.send(content, envelope);
	const {messages: [message]} = await server.api('api/mailstop/v1/wait' +
	    `?timeout=20&after=${now.seq}`);
	const page = await openPage(browser, `${server.url}#/${message.id}`,
	    {acceptDownloads: true});
	const goto = (tab) => page.click('#tab-' + tab);

	await page.waitForSelector('.message h1');
	await run({page, server, message, goto}).catch(
	    (error) => describe(page, error));
	same(page.problems, [], 'errors of the page');
	await closePage(page);
}

const mailFrame = async (page) => {
	await waitFor(page, () => document.querySelector('.mail-frame')
	    ?.contentDocument?.querySelector('iframe'));
	const outer = await (await page.$('.mail-frame')).contentFrame();
	const inner = await (await outer.waitForSelector('iframe')).contentFrame();
	await inner.waitForLoadState();
	return inner;
};

const list = [
	['HTML is shown with its pictures, and in each width', LETTER,
		async ({page, server, message}) => {
			const frame = await mailFrame(page);
			const width = () => frame.evaluate(() => innerWidth);

			await until(page, async () => await frame.$eval(
			    'img[alt=logo]', (it) => it.naturalWidth) === 1);
			same(await frame.evaluate(() => self.origin), 'null');
			same(await frame.$eval('p', (it) => getComputedStyle(it).color),
			    'rgb(1, 2, 3)');
			await page.waitForSelector(
			    '.banner:has-text("1 remote item is blocked")');
			await page.click('[aria-label^="Phone"]');
			await waitFor(page, () => document.querySelector('.mail-frame')
			    .offsetWidth === 375);
			await until(page, async () => await width() === 375);
			await page.click('[aria-label^="Tablet"]');
			await waitFor(page, () => document.querySelector('.mail-frame')
			    .offsetWidth === 768);
			await until(page, async () => await width() === 768);
			/* As a reader with dark colours sees it. */
			await page.click('[aria-label^="As in a reader"]');
			await until(page, async () => await frame.$eval('p',
			    (it) => getComputedStyle(it).color) === 'rgb(4, 5, 6)');
			await page.click('[aria-label="Source of the HTML"]');
			await page.waitForSelector('.stage pre:has-text("cid:logo@x")');
			/* It is read now. */
			await waitFor(page, async ([url, id]) => (await (await fetch(
			    `${url}api/mailstop/v1/message/${id}`)).json()).read,
			[server.url, message.id]);
		}],
	['a link shows where it leads before it is followed', LETTER,
		async ({page}) => {
			const frame = await mailFrame(page);
			const link = await frame.$('#link');

			same(await link.getAttribute('rel'), 'noopener noreferrer');
			same(await link.getAttribute('title'),
			    'https://shop.example.test/confirm?a=1');
			const [popup] = await Promise.all([
				page.context().waitForEvent('page'), link.click()]);
			await popup.waitForSelector('.link-shown');
			same(await popup.textContent('.link-shown mark'),
			    'shop.example.test');
			same(await popup.evaluate(() => window.opener), null);
			await popup.click('#trust');
			same(await popup.getAttribute('a.primary', 'href'),
			    'https://shop.example.test/confirm?a=1');
			await popup.$eval('a.primary', (it) => {
				it.addEventListener('click', (e) => e.preventDefault());
				it.click();
			});
			await popup.close();
			/* That host is not asked about again. */
			await page.reload();
			same(await (await (await mailFrame(page)).$('#link'))
			    .getAttribute('href'),
			'https://shop.example.test/confirm?a=1');
		}],
	['the keyboard comes back out of a message', LETTER,
		async ({page}) => {
			await page.context().grantPermissions(
			    ['clipboard-read', 'clipboard-write']);
			const frame = await mailFrame(page);
			const has = (selector) => waitFor(page, (it) =>
				document.activeElement.matches(it), selector);
			const pasted = () => page.evaluate(
			    () => navigator.clipboard.readText());

			/* With the pointer. */
			await frame.click('p', {clickCount: 3});
			await has('.mail-frame');
			await page.waitForSelector('.frame-hint:visible');
			await page.hover('.message h1');
			await has('#side');
			await page.waitForSelector('.frame-hint', {state: 'hidden'});
			/* What was selected can be copied all the same. */
			await until(page, async () => {
				await page.mouse.move(5, 200);
				await page.hover('.message h1');
				await has('#side');
				await page.keyboard.down('Control');
				await has('.mail-frame');
				await page.keyboard.press('c');
				await page.keyboard.up('Control');
				return (await pasted()).trim() === 'Hello';
			});
			await page.hover('.message h1');
			await page.mouse.move(5, 300);
			await has('#side');
			await page.keyboard.press(']');
			await page.waitForSelector('#tab-text[aria-selected=true]');
			await page.keyboard.press('[');
			/* With Tab, where a pointer that lies about does nothing. */
			await mailFrame(page);
			await page.focus('[aria-label="Source of the HTML"]');
			await until(page, async () => {
				await page.keyboard.press('Tab');
				return page.isVisible('.frame-hint');
			});
			await page.mouse.move(5, 310);
			await page.mouse.move(5, 320);
			await page.mouse.move(5, 330);
			await has('.mail-frame');
			/* It leads out, too. */
			await until(page, async () => {
				await page.keyboard.press('Tab');
				return !await page.isVisible('.frame-hint');
			});
		}],
	['text has links, and says when it was made of HTML', LETTER,
		async ({page, goto, server}) => {
			await goto('text');
			same(await page.textContent('pre.text'),
			    'Look: https://text.example.test/a.');
			same(await page.getAttribute('pre.text a', 'title'),
			    'https://text.example.test/a');
			await server.send(html('only html', '<p>One</p><p>Two</p>'));
			const other = await server.find('only html');
			await page.goto(`${server.url}#/${other.id}/text`);
			await page.waitForSelector('.banner:has-text("made from its HTML")');
			expect(/One\s+Two/.test(await page.textContent('pre.text')),
			    'no text');
		}],
	['the envelope stands beside the headers, and what differs', LETTER,
		async ({page, goto}) => {
			await page.waitForSelector('.address-line:has-text("Bcc"):has-text' +
			    '("hidden@example.test")');
			await page.waitForSelector('.envelope-note:has-text' +
			    '("bounce@mailer.example.test")');
			same(await page.textContent('#tab-headers .count'), '2');
			await goto('headers');
			await page.waitForSelector('.headers tr:has-text("Subject")');
			await page.waitForSelector('tr.differs:has-text("MAIL FROM has")');
			const hidden = page.locator('.envelope li', {hasText: 'hidden@'});
			expect(/Bcc.*Named in no header.*250 2/s.test(
			    await hidden.textContent()), await hidden.textContent());
			const carl = page.locator('.envelope li', {hasText: 'carl@'});
			expect(/Cc/.test(await carl.textContent()) &&
			    !/Named/.test(await carl.textContent()), 'Cc');
			await page.waitForSelector('.envelope:has-text("client.example.test")');
			/* What the envelope says has no place among the bytes. */
			await goto('findings');
			await page.waitForSelector('.finding:has-text("recipient-hidden")');
			same(await page.locator('.finding .link-button').count(), 0);
			await goto('raw');
			await page.waitForSelector('.raw-line');
			same(await page.locator('.raw mark').count(), 0);
		}, ENVELOPE],
	['parts are a tree, with a preview and a download of each', LETTER,
		async ({page, goto, message}) => {
			await goto('parts');
			same(await page.$$eval('.part-name', (all) =>
				all.map((it) => it.textContent)),
			['multipart/mixed', 'text/plain', 'text/html', 'logo.gif',
				'list of things.csv', 'a.zip']);
			await page.click('.part:has-text("logo.gif")');
			await page.waitForSelector('.part-pane:has-text("1 × 1 pixels")');
			await page.click('.part:has-text("list of things")');
			await page.waitForSelector('.raw-line:has-text("a,b")');
			await page.click('.part:has-text("a.zip")');
			await page.waitForSelector('.hex:has-text("50 4B 03 04")');
			await page.click('.part:has-text("text/html")');
			await page.waitForSelector('.part-view:has-text("cid:logo@x")');
			const [saved] = await Promise.all([
				page.waitForEvent('download'),
				page.click('.attachments [aria-label^="Download list"]')]);
			same(saved.suggestedFilename(), 'list of things.csv');
			same(fs.readFileSync(await saved.path(), 'utf8'),
			    'a,b\r\n1,2\r\n');
			/* From the strip above, too. */
			await goto('html');
			await page.click('.chip-main:has-text("a.zip")');
			await page.waitForSelector('.hex');
			const [whole] = await Promise.all([
				page.waitForEvent('download'),
				page.click('.message-tools [aria-label=Download]')]);
			same(fs.statSync(await whole.path()).size, message.size);
			same(whole.suggestedFilename(), `message-${message.seq}.eml`);
		}],
	['links are listed, and what is wrong with them', LETTER,
		async ({page, goto}) => {
			await goto('links');
			await page.waitForSelector('.link-item:has-text("shop.example.test")');
			await page.waitForSelector('.link-item:has-text("other.example.test")' +
			    ':has-text("shows another address")');
			const text = await page.textContent('.side');
			for (const it of ['takes one click', 'https://list.example.test/u',
				'mailto:u@example.test', 'https://text.example.test/a',
				'https://pixel.example.test/p.gif'])
				expect(text.includes(it), it);
		}],
	['raw shows what hides in the bytes', Buffer.from('Subject: bytes\r\n' +
	    'From: a@b.test\r\n\r\nbare\nand\rand \0, caf\u00c3\u00a9, \u00ff\u001b.\r\n' +
	    'last', 'latin1'), async ({page, goto}) => {
		await goto('raw');
		await page.waitForSelector('.raw-line');
		const signs = await page.$$eval('.raw .sign', (all) => all.map(
		    (it) => [it.textContent, it.title.split(' ')[0]]));
		same(signs, [['LF', 'Bare'], ['CR', 'Bare'], ['NUL', 'NUL'],
			['FF', 'A'], ['1B', 'Control']]);
		same(await page.$$eval('.raw .eight-bit', (all) => all.map(
		    (it) => [it.textContent, it.title])), [['é', 'C3 A9']]);
		/* Findings stand in their places. */
		await page.waitForSelector('mark.finding.error .sign.bare');
		await goto('findings');
		await page.click('.finding:has-text("nul") .link-button');
		await page.waitForSelector('#tab-raw[aria-selected=true]');
		await page.waitForSelector('.raw mark.finding:has-text("NUL")');
	}],
	['the session of a message is told, with times', LETTER,
		async ({page, goto, message}) => {
			await goto('session');
			await page.waitForSelector('.transcript');
			const lines = await page.$$eval('.said', (all) => all.map((it) =>
				[...it.cells].map((cell) => cell.textContent)));
			expect(lines.every(([at]) => /^\d+\.\d{3}$/.test(at)), 'times');
			expect(lines.some((it) => it[1].startsWith('C') &&
			    it[2] === 'MAIL FROM:<sender@example.test>'), 'client');
			expect(lines.some((it) => it[1].startsWith('S') &&
			    it[2].startsWith('354')), 'server');
			await page.waitForSelector(`.said.ours:has-text("${message.id}")`);
			await page.click('text=Open the session');
			await page.waitForSelector('.session .transcript');
		}],
	['large bodies and many parts stay in hand', mail({
		Subject: 'x'.repeat(3000),
		From: `"${'Long '.repeat(80)}" <long@example.test>`,
		To: Array.from({length: 300}, (_, i) => `a${i}@example.test`)
		    .join(',\r\n '),
	}, [['text/plain', ('long '.repeat(15) + '\r\n').repeat(60000)],
		['text/html', '<p>' + 'wide'.repeat(20000) + '</p>' +
		    '<b>x</b>\r\n'.repeat(300000)],
		...Array.from({length: 500}, (_, i) => ['text/plain', 'x',
			{'Content-Disposition': `attachment; filename=f${i}.txt`}])]),
	async ({page, goto}) => {
		await page.waitForSelector('text=This HTML is large');
		await page.waitForSelector('.address-line:has-text("Long …") ' +
		    '.person:has-text("<long@example.test>")');
		await page.waitForSelector('.attachments:has-text("494 more")');
		await page.waitForSelector('.address-value:has-text("and 288 more")');
		await goto('text');
		await page.waitForSelector('pre.text');
		expect((await page.textContent('pre.text')).length < 300000, 'all');
		await goto('parts');
		same(await page.$$eval('.part', (all) => all.length), 503);
		await goto('raw');
		await page.waitForSelector('.raw-line');
		await page.click('text=Show more');
		await page.waitForSelector('text=/Octets 0 to 2/');
		await goto('headers');
		await page.waitForSelector('.envelope');
		const over = await page.evaluate(() => [
			document.documentElement.scrollWidth - innerWidth,
			document.documentElement.scrollHeight - innerHeight]);
		same(over, [0, 0], 'the page is wider or higher than the window');
	}],
	['what is strange in a subject is visible', mail({
		Subject: '=?utf-8?q?a=E2=80=AEgnp=2Eexe=E2=80=8Bb?=',
		From: '=?utf-8?q?=D7=A9=D7=9C=D7=95=D7=9D?= <x@y.test>',
	}, 'x'), async ({page}) => {
		same(await page.$$eval('h1 .hidden-character',
		    (all) => all.map((it) => it.title)), ['U+202E', 'U+200B']);
		await page.waitForSelector('.row .row-subject:has-text("agnp.exeb")');
	}],
	['tags are set, a message is deleted, and then it is gone', LETTER,
		async ({page, server, message}) => {
			await page.waitForSelector('.tag:has-text("first")');
			await page.click('.message-tools [aria-label="Edit tags"]');
			await page.fill('dialog input', 'first, second');
			await page.click('dialog .primary');
			await page.waitForSelector('.tag:has-text("second")');
			await page.click('.message-tools [aria-label=Delete]');
			await waitFor(page, (id) => !location.hash.includes(id),
			    message.id);
			await page.click('.notice [aria-label=Close]');
			await waitFor(page, async ([url, id]) => (await fetch(
			    `${url}api/mailstop/v1/message/${id}`)).status === 410,
			[server.url, message.id]);
			await page.goto(`${server.url}#/${message.id}`);
			await page.waitForSelector('text=This message was deleted.');
			await page.goto(`${server.url}#/nonsense`);
			await page.waitForSelector('text=There is no such message.');
			page.problems.length = 0;
		}],
	['a narrow screen shows one thing at a time', LETTER,
		async ({page, server}) => {
			await page.setViewportSize({width: 390, height: 800});
			await page.waitForSelector('.list', {state: 'hidden'});
			await page.click('[aria-label="Back to the list"]');
			await page.waitForSelector('.row');
			await page.waitForSelector('.message', {state: 'hidden'});
			await page.waitForSelector('.side-bar', {state: 'hidden'});
			await page.click('.menu-button');
			await page.click('.side-bar >> text=Sessions');
			await page.waitForSelector('h1:has-text("Sessions")');
			await page.waitForSelector('.side-bar', {state: 'hidden'});
			same(await page.evaluate(() =>
				document.documentElement.scrollWidth), 390);
			await page.goto(server.url);
			await page.click('.row');
			await page.waitForSelector('.mail-frame');
		}],
	['most of a phone is for the message, and one bar scrolls it', LETTER,
		async ({page}) => {
			await page.setViewportSize({width: 390, height: 800});
			const frame = await mailFrame(page);

			await page.waitForSelector('.side-html .banner');
			const found = await page.evaluate(() => {
				const stage = document.querySelector('.stage');
				const box = stage.getBoundingClientRect();

				return {
					part: box.height / innerHeight,
					rest: innerHeight - box.bottom,
					bars: ['html', 'main', '.message', '.side',
						'.side-content', '.stage'].filter((it) => {
						const one = document.querySelector(it);
						return one.scrollHeight > one.clientHeight;
					}),
				};
			});
			/* The banner tells all of it. */
			same(await page.$$eval('.side-html .banner > span, ' +
			    '.side-html .banner .button', (all) => all.filter((it) =>
				it.scrollWidth > it.clientWidth ||
				it.getBoundingClientRect().right > innerWidth).length),
			0);
			expect(found.part >= .5, `${found.part} of the height`);
			same([found.rest, found.bars], [0, []]);
			expect(await frame.evaluate(() => innerHeight) > 400,
			    'the frame is low');
		}, ENVELOPE],
	['pictures are there at the addresses of Mailpit, too', LETTER,
		async ({page, server, message}) => {
			for (const query of ['', '?embed=1']) {
				await page.goto(
				    `${server.url}view/${message.id}.html${query}`);
				await waitFor(page, () => [...document.images]
				    .some((it) => it.naturalWidth > 0));
			}
			/* The other picture, and the icon of the site. */
			page.problems.length = 0;
		}],
];

for (const [name, content, run, envelope] of list)
	test(name, () => withMessage(content, run, envelope));
