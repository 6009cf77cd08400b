/* list: the list of messages, what arrives in it, and what is done with it. */
import fs from 'node:fs';
import path from 'node:path';

import { closePage, describe, expect, html, launch, mail, openPage, same, scratch,
	sendMail, Server, talk, test } from './lib.mjs';

const plain = (subject, more) => mail({Subject: subject, ...more}, 'Hello\r\n');
const subjects = (page) => page.$$eval('.row .row-subject > bdi',
    (all) => all.map((it) => it.textContent));
const waitFor = (page, read, ...wanted) =>
	page.waitForFunction(read, ...wanted, {polling: 50});
const waitRows = (page, wanted) => waitFor(page, (list) => JSON.stringify(
    [...document.querySelectorAll('.row .row-subject > bdi')].map(
	(it) => it.textContent)) === JSON.stringify(list), wanted);
const waitUnread = (page, subject, isUnread) => waitFor(page, (it) =>
	[...document.querySelectorAll('.row')].some((row) =>
		row.querySelector('.row-subject > bdi').textContent === it[0] &&
		row.classList.contains('unread') === it[1]),
    [subject, isUnread]);

const waitTotal = (page, server, wanted) => waitFor(page, async ([url, it]) =>
	(await (await fetch(url + 'api/v1/messages')).json()).total === it,
[server.url, wanted]);

async function withPage(run, {mails = [], server: options = [], ...rest} = {}) {
	const server = await Server.start(...options);
	const browser = await launch();

	try {
		for (const it of mails)
			await server.send(it);
		if (mails.length)
			await server.find(/^Subject: (.*)\r$/m.exec(
			    mails.at(-1))[1]);
		const page = await openPage(browser, server.url, rest);
		await run(page, server, browser).catch(
		    (error) => describe(page, error));
		same(page.problems, [], 'errors of the page');
	} finally {
		await browser.close();
		await server.stop();
	}
}

test('without mail it tells how to send some, and does', () =>
	withPage(async (page, server) => {
		await page.waitForSelector('.empty');
		/* At once, with the port that there is. */
		expect((await page.textContent('.empty')).includes(
		    'swaks --server 127.0.0.1:' + server.smtp), 'the port');
		await page.click('text=Send a test message');
		await waitRows(page, ['Hello from mailstop']);
	}));

test('mail arrives while one looks', () => withPage(async (page, server) => {
	await page.waitForSelector('.connection.live');
	await server.send(plain('one'));
	await waitRows(page, ['one']);
	await waitFor(page, () => /^\(1\) /.test(document.title));
	await waitFor(page, () => /New message from Sender: one/.test(
	    document.querySelector('[role=log]').textContent));
	for (const it of ['two', 'three'])
		await server.send(plain(it));
	await waitRows(page, ['three', 'two', 'one']);
	await waitFor(page, () => /^\(3\) /.test(document.title));
}));

test('what came while it was cut off is there afterwards', () =>
	withPage(async (page, server) => {
		await waitRows(page, ['before']);
		await page.waitForSelector('.connection.live');
		await page.context().setOffline(true);
		await server.send(plain('meanwhile'));
		const gone = await server.find('before');
		await server.api('api/mailstop/v1/message/' + gone.id,
		    {method: 'DELETE'});
		page.problems.length = 0;
		await page.context().setOffline(false);
		await waitRows(page, ['meanwhile']);
		page.problems.length = 0;
	}, {mails: [plain('before')]}));

test('two pages of one browser both hear of it', () =>
	withPage(async (page, server) => {
		const other = await page.context().newPage();

		await other.goto(server.url);
		await page.waitForSelector('.connection.live');
		await other.waitForSelector('.connection.live');
		await server.send(plain('for both'));
		await waitRows(page, ['for both']);
		await waitRows(other, ['for both']);
		/* The one that listened goes; the other takes over. */
		await page.goto('about:blank');
		await server.send(plain('for one'));
		await waitRows(other, ['for one', 'for both']);
		/* What is marked in one is marked in the other. */
		await page.goto(server.url);
		await waitRows(page, ['for one', 'for both']);
		await other.keyboard.press('j');
		await other.keyboard.press('e');
		await waitUnread(page, 'for one', false);
	}));

test('a place in the list stays while mail arrives above it', () =>
	withPage(async (page, server) => {
		await page.waitForSelector('.row');
		await page.$eval('.rows', (it) => it.scrollTop = 900);
		await waitFor(page, () =>
			[...document.querySelectorAll('.row')].some((it) =>
				it.getAttribute('aria-posinset') === '20'));
		const before = await page.$eval('.rows', (it) => it.scrollTop);
		await server.send(plain('on top'));
		await page.waitForSelector('.pill:not([hidden])');
		same(await page.textContent('.pill'), '1 new message');
		await waitFor(page, (top) => document.querySelector('.rows')
		    .scrollTop === top + 46, before);
		await page.click('.pill');
		await waitFor(page, () => document.querySelector('.row .row-subject')
		    .textContent.startsWith('on top'));
		expect(await page.isHidden('.pill'), 'the pill stays');
	}, {mails: [...Array(40).keys()].map((it) => plain('mail ' + it))}));

test('all of it goes with the keyboard', () => withPage(async (page, server) => {
	const press = (...keys) => keys.reduce((before, key) => before.then(
	    () => page.keyboard.press(key)), Promise.resolve());
	const title = (text) => waitFor(page, (it) => document.querySelector(
	    '.message h1')?.textContent === it, text);

	await waitRows(page, ['three', 'two', 'one']);
	await press('j');
	await page.waitForSelector('.row.active:has-text("three")');
	await press('j', 'k', 'Enter');
	await title('three');
	await waitUnread(page, 'three', false);
	await press('j');
	await title('two');
	await press(']');
	await page.waitForSelector('#tab-headers[aria-selected=true]');
	await press('1');
	await page.waitForSelector('#tab-text[aria-selected=true]');
	await press('u');
	await page.waitForSelector('.split:not(.reading)');
	/* Read, and not; the server knows. */
	await press('e');
	await waitUnread(page, 'two', true);
	await press('e');
	await waitUnread(page, 'two', false);
	await waitFor(page, async (url) => (await (await fetch(url + 'api/v1/' +
	    'messages')).json()).unread === 1, server.url);
	/* Tags. */
	await press('t');
	await page.fill('dialog input', 'red, a/b');
	await press('Enter');
	await page.waitForSelector('.row.active .label:has-text("red")');
	same((await server.find('two')).tags, ['a b', 'red']);
	/* What was deleted comes back, and goes. */
	await press('d');
	await waitRows(page, ['three', 'one']);
	await press('z');
	await waitRows(page, ['three', 'two', 'one']);
	await page.waitForSelector('.row.active');
	await press('x', 'k', 'x', '#');
	await waitRows(page, ['three']);
	await press('Home', 'd');
	await page.waitForSelector('.empty');
	await page.click('.notice [aria-label=Close]');
	await waitTotal(page, server, 0);
	/* Help, and other places. */
	await press('?');
	await page.waitForSelector('dialog kbd');
	await press('Escape', 'g', 's');
	await page.waitForSelector('h1:has-text("Sessions")');
	await press('g', 'f');
	await page.waitForSelector('h1:has-text("Faults")');
	await press('/');
	await waitFor(page, () => document.activeElement.id === 'search');
}, {mails: [plain('one'), plain('two'), plain('three')]}));

test('several are chosen with the mouse', () => withPage(async (page) => {
	const check = (n) => page.locator('.row').nth(n).locator('.row-check');

	await waitRows(page, ['4', '3', '2', '1']);
	await check(0).click();
	await page.locator('.row').nth(2).click({modifiers: ['Shift']});
	await page.waitForSelector('.list-tools:has-text("3 selected")');
	await page.click('.list-tools [aria-label="Mark as read"]');
	for (const it of ['4', '3', '2'])
		await waitUnread(page, it, false);
	await waitUnread(page, '1', true);
	/* Tags that only some have stay. */
	await page.click('.list-tools [aria-label="Edit tags"]');
	same(await page.inputValue('dialog input'), '');
	await page.fill('dialog input', 'all');
	await page.keyboard.press('Enter');
	await page.waitForSelector('.row:has-text("some"):has-text("all")');
	await page.click('.list-tools [aria-label="Edit tags"]');
	same(await page.inputValue('dialog input'), 'all');
	await page.fill('dialog input', '');
	await page.keyboard.press('Enter');
	await page.waitForSelector('.row:has-text("all")', {state: 'detached'});
	await page.waitForSelector('.row .label:has-text("some")');
	await page.click('[aria-label="Select none"]');
	await page.click('[aria-label="Mark all as read"]');
	await waitUnread(page, '1', false);
	await page.click('[aria-label="Delete all messages"]');
	await page.click('dialog .danger');
	await page.waitForSelector('.empty');
}, {mails: ['1', '2', '3', '4'].map((it) => plain(it,
    it === '3' ? {'X-Tags': 'some'} : {}))}));

test('a search completes, finds, says where it is wrong', () =>
	withPage(async (page, server) => {
		const options = () => page.$$eval('.search-list li span',
		    (all) => all.map((it) => it.textContent));

		await waitRows(page, ['pear', 'apple']);
		await page.click('#search');
		await page.keyboard.type('sub');
		await page.waitForSelector('.search-list:not([hidden])');
		same(await options(), ['subject:']);
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('Enter');
		await page.keyboard.type('app');
		await waitRows(page, ['apple']);
		/* A tag that there is, a rule of the server. */
		await page.fill('#search', 'tag:');
		await page.waitForSelector('.search-list:has-text("tag:fruit")');
		await page.fill('#search', 'finding:bare-');
		same(await options(), ['finding:bare-lf', 'finding:bare-cr']);
		await page.keyboard.press('Escape');
		/* What arrives is asked about. */
		await page.fill('#search', 'subject:pear');
		await page.keyboard.press('Enter');
		await waitRows(page, ['pear']);
		await server.send(plain('plum'));
		await server.send(plain('pear again'));
		await waitRows(page, ['pear again', 'pear']);
		expect(page.url().includes('q=subject%3Apear'), page.url());
		/* The place of a mistake. */
		await page.fill('#search', 'ä subject:x )');
		await page.keyboard.press('Enter');
		await page.waitForSelector('.search-mistake:not([hidden])');
		same(await page.textContent('.search-mistake mark'), ')');
		same(await page.getAttribute('#search', 'aria-invalid'), 'true');
		/* Who begins with one hears of mail all the same. */
		await page.reload();
		await page.waitForSelector('.search-mistake mark');
		await page.waitForSelector('.connection.live');
		page.problems.length = 0;
		/* What matches goes. */
		await page.fill('#search', 'subject:pear');
		await page.keyboard.press('Enter');
		await waitRows(page, ['pear again', 'pear']);
		await page.click('[aria-label="Delete what matches"]');
		await page.click('dialog .danger');
		await page.waitForSelector('text=No message matches.');
		await page.click('.brand');
		await waitRows(page, ['plum', 'apple']);
		/* Back is back. */
		await page.goBack();
		await waitFor(page, () => document.querySelector('#search').value ===
		    'subject:pear');
	}, {mails: [plain('apple', {'X-Tags': 'fruit'}), plain('pear')]}));

test('inboxes and tags stand in the side bar', async () => {
	const folder = path.join(scratch, 'inboxes');

	fs.mkdirSync(folder);
	const socket = path.join(folder, 's');
	await withPage(async (page, server) => {
		const other = socket;

		await sendMail(other, plain('elsewhere', {'X-Tags': 'blue'}));
		await server.send(plain('here'));
		await page.waitForSelector('.entry:has-text("old")');
		await page.click('.entry:has-text("old")');
		await waitRows(page, ['elsewhere']);
		await page.waitForSelector('.entry[aria-current]:has-text("old")');
		await page.click('.entry:has-text("blue")');
		await waitRows(page, ['elsewhere']);
		await page.hover('.entry:has-text("old")');
		await page.click('[aria-label="Remove inbox old"]');
		await page.click('dialog .danger');
		await waitRows(page, ['here']);
		await page.waitForSelector('.entry:has-text("old")',
		    {state: 'detached'});
	}, {server: ['--smtp', `name=old,addr=unix:${socket},inbox=old`]});
});

test('what was refused is found, with its reason', () =>
	withPage(async (page, server) => {
		await talk(server.smtp, ['EHLO x', 'MAIL FROM:<a@b.test>',
			'RCPT TO:<c@d.test>', 'DATA', Buffer.from(
			'Subject: too large\r\n\r\n' + 'x'.repeat(30000) +
			'\r\n.\r\n'), 'QUIT']);
		await page.click('.entry:has-text("Refused")');
		await waitRows(page, ['too large']);
		await page.waitForSelector('.row .label.bad:has-text("Refused")');
		await page.click('.row');
		await page.waitForSelector('.banner.bad:has-text("552")');
	}, {server: ['--max-message', '20k']}));

const undo = (page) => page.locator('.notice button', {hasText: 'Undo'});

test('what was deleted can be had back for a while', () =>
	withPage(async (page, server) => {
		const total = async () =>
			(await server.api('api/v1/messages')).total;

		/* In the middle of the list, with the keyboard alone. */
		await waitRows(page, ['four', 'three', 'two', 'one']);
		await page.keyboard.press('j');
		await page.keyboard.press('j');
		await page.keyboard.press('x');
		await page.keyboard.press('j');
		await page.keyboard.press('d');
		await waitRows(page, ['four', 'two', 'one']);
		await waitFor(page, () => document.querySelector('[role=status]' +
		    '.notices').textContent.includes('1 message deleted'));
		await undo(page).focus();
		await page.keyboard.press('Enter');
		await waitRows(page, ['four', 'three', 'two', 'one']);
		await waitFor(page, () => document.querySelector('[role=log]')
		    .textContent === '1 message is back');
		await page.waitForSelector('.notice', {state: 'detached'});
		same(await total(), 4);
		/* An open one: the next is shown, also after a look elsewhere. */
		await page.click('.row:has-text("three")');
		await page.click('.message-tools [aria-label=Delete]');
		await page.waitForSelector('.message h1:has-text("two")');
		await page.click('.side-bar >> text=Faults');
		await undo(page).click();
		await page.click('.side-bar >> text=Mail');
		await waitRows(page, ['four', 'three', 'two', 'one']);
		same(await total(), 4);
		/* The next ones send the first on their way. */
		await page.click('.row:has-text("four") .row-check');
		await page.keyboard.press('d');
		await waitRows(page, ['three', 'two', 'one']);
		await page.click('.row:has-text("three") .row-check');
		await page.keyboard.press('d');
		await waitRows(page, ['two', 'one']);
		await waitTotal(page, server, 3);
		same(await page.locator('.notice').count(), 1);
		/* Mail that comes meanwhile brings none of them. */
		await server.send(plain('five'));
		await waitRows(page, ['five', 'two', 'one']);
		/* Nor does a list that is read again. */
		await page.click('[aria-label="Mark all as read"]');
		await waitUnread(page, 'five', false);
		await waitRows(page, ['five', 'two', 'one']);
		/* Who leaves has meant it. */
		await page.goto('about:blank');
		await page.goto(server.url);
		await waitTotal(page, server, 3);
		await waitRows(page, ['five', 'two', 'one']);
	}, {mails: ['one', 'two', 'three', 'four'].map((it) => plain(it))}));

test('what cannot be deleted comes back', () =>
	withPage(async (page) => {
		await waitRows(page, ['2', '1']);
		await page.route('**/api/mailstop/v1/messages?*', (route) =>
			route.request().method() === 'DELETE'
			    ? route.fulfill({status: 507, json: {error: 'full'}})
			    : route.continue());
		await page.keyboard.press('j');
		await page.keyboard.press('d');
		await waitRows(page, ['1']);
		await page.click('.notice [aria-label=Close]');
		await page.waitForSelector('.notice.error:has-text("full")');
		await waitRows(page, ['2', '1']);
		page.problems.length = 0;
	}, {mails: ['1', '2'].map((it) => plain(it))}));

test('the first list is asked for once, before the script runs', () =>
	withPage(async (page, server) => {
		const asked = async () => page.evaluate(() => performance
		    .getEntriesByType('resource').filter(
			(it) => /\/v1\/messages\?/.test(it.name))
		    .map((it) => it.initiatorType + ' ' +
			it.name.split('?')[1]));

		await waitRows(page, ['one']);
		await page.waitForSelector('.connection.live');
		same(await asked(), ['link limit=200&order=newest']);
		/* It holds for the first view alone. */
		await page.goto('about:blank');
		await page.goto(server.url + '#/faults');
		await page.waitForSelector('.rules');
		await page.click('.side-bar >> text=Mail');
		await waitRows(page, ['one']);
		same((await asked()).length, 2);
	}, {mails: [plain('one')]}));

test('what waits for Undo is counted nowhere', () =>
	withPage(async (page, server) => {
		const wait = (...wanted) => waitFor(page, (list) => {
			const find = (name) => [...document.querySelectorAll(
			    '.entry')].find((it) => it.querySelector(
			    '.entry-name').textContent === name)
			    ?.querySelector('.count')?.textContent ?? '';
			return JSON.stringify([document.querySelector(
			    '.list-title .count').textContent, find('Unread'),
			find('red'), document.title]) === JSON.stringify(list);
		}, wanted);

		await waitRows(page, ['three', 'two', 'one']);
		await wait('3', '3', '2', '(3) Mail · mailstop');
		await page.click('.row:has-text("two") .row-check');
		await page.keyboard.press('d');
		await waitRows(page, ['three', 'one']);
		await wait('2', '2', '1', '(2) Mail · mailstop');
		/* Another number of the server's changes nothing. */
		await server.send(plain('four'));
		await wait('3', '3', '1', '(3) Mail · mailstop');
		await page.keyboard.press('z');
		await wait('4', '4', '2', '(4) Mail · mailstop');
		await page.click('.row:has-text("two") .row-check');
		await page.keyboard.press('d');
		await wait('3', '3', '1', '(3) Mail · mailstop');
		await page.click('.notice:has(button) [aria-label=Close]');
		await waitTotal(page, server, 3);
		await page.waitForSelector('.notice', {state: 'detached'});
		await wait('3', '3', '1', '(3) Mail · mailstop');
	}, {mails: [plain('one', {'X-Tags': 'red'}),
		plain('two', {'X-Tags': 'red'}), plain('three')]}));

/* The API is played by the test: such a page of messages costs nothing. */
async function playMillion(page) {
	const count = 1000000;
	const make = (seq) => ({
		id: 'id' + seq, seq, state: 'accepted', read: true, tags: [],
		received: '2026-11-25T10:00:00Z', subject: 'mail ' + seq,
		from: [{name: 'Ann', address: 'a@b.test'}], to: [], cc: [],
		recipients: [], mail_from: 'a@b.test', attachments: 0, findings: 0,
		snippet: '',
	});
	const list = (first, length, step) => Array.from({length},
	    (_, i) => first + i * step).filter((it) => it > 0 && it <= count)
	    .map(make);

	page.asked = 0;
	/* A promise that answers wait for. */
	page.gate = null;
	await page.route('**/api/mailstop/v1/messages?*', async (route) => {
		const {searchParams} = new URL(route.request().url());
		const number = (name, other) =>
			Number(searchParams.get(name) || other);

		page.asked++;
		await page.gate;
		await route.fulfill({json: {seq: count, messages:
			searchParams.get('order') === 'oldest'
			    ? list(number('after', 0) + 1, number('limit'), 1)
			    : list(number('before', count + 1) - 1,
				number('limit'), -1)}});
	});
}

const state = (page) => page.evaluate(() => {
	const rows = [...document.querySelectorAll('.row')];

	return {
		count: rows.length,
		first: rows[0]?.textContent, last: rows.at(-1)?.textContent,
		inOrder: rows.every((it, i) => i === 0 ||
		    Number(it.getAttribute('aria-posinset')) ===
		    Number(rows[i - 1].getAttribute('aria-posinset')) + 1 &&
		    Number(/mail (\d+)/.exec(it.textContent)[1]) ===
		    Number(/mail (\d+)/.exec(rows[i - 1].textContent)[1]) - 1),
	};
});
const waitMail = (page, ...numbers) => waitFor(page, (wanted) =>
	wanted.every((number) => [...document.querySelectorAll('.row')].some(
	    (it) => it.querySelector('.row-subject').textContent ===
	    'mail ' + number)), numbers);
const scrollTo = (page, top) =>
	page.$eval('.rows', (it, to) => it.scrollTop = to, top);

async function openMillion(page, server) {
	await playMillion(page);
	await page.goto(server.url + '#/?q=x');
	await page.reload();
	await waitMail(page, 1000000);
	await page.focus('.rows');
}

test('a million messages stay a few rows', () => withPage(async (page, server) => {
	await openMillion(page, server);
	/* Each time to the end of what is there, and then some more is. */
	for (let i = 1; i <= 40; i++) {
		await scrollTo(page, i * 200 * 46);
		await waitFor(page, (wanted) => document.querySelector('.rows-space')
		    .offsetHeight >= wanted * 200 * 46, i + 1);
	}
	const end = await state(page);
	expect(end.count < 80 && end.inOrder, JSON.stringify(end));
	/* Back to the top: pages that were forgotten are read again. */
	const asked = page.asked;
	for (const top of [250000, 120000, 40000, 0]) {
		await scrollTo(page, top);
		await waitMail(page, 1000000 - Math.round(top / 46));
	}
	const start = await state(page);
	expect(start.count < 80 && start.inOrder, JSON.stringify(start));
	expect(start.first.includes('mail 1000000'), start.first);
	expect(page.asked > asked, 'nothing was forgotten');
}));

test('both ends of a million messages are one key away', () =>
	withPage(async (page, server) => {
		await openMillion(page, server);
		await page.keyboard.press('End');
		await waitMail(page, 1, 2, 3);
		await page.waitForSelector('.row.active:has-text("mail 1")');
		/* Upwards from there, for further than a list holds: what is in
		   sight stays where it is. */
		for (let i = 1; i <= 55; i++) {
			await scrollTo(page, 0);
			await waitMail(page, 200 * i + 1);
		}
		const above = await state(page);
		expect(above.count < 80 && above.inOrder, JSON.stringify(above));
		same(await page.$eval('.rows-space', (it) => it.offsetHeight) <=
		    10000 * 46, true, 'more than a list holds');
		/* What was let go comes again. */
		await scrollTo(page, 1e7);
		await waitFor(page, () => document.querySelector('.row'));
		await page.keyboard.press('End');
		await waitMail(page, 1);
		/* Mail that arrives has no place there. */
		await page.waitForSelector('.connection.live');
		await page.click('[aria-label="Go to the newest"]');
		await waitMail(page, 1000000);
		await page.keyboard.press('j');
		await page.keyboard.press('End');
		await waitMail(page, 1);
		await page.keyboard.press('Home');
		await page.waitForSelector('.row.active:has-text("mail 1000000")');
	}));

/* Down to the end of what is there. Gives what is seen there before more comes,
   and where; then the same once that is there. */
async function goDown(page) {
	const places = () => page.evaluate(() => new Promise((resolve) =>
		requestAnimationFrame(() => requestAnimationFrame(() => resolve(
		    [...document.querySelectorAll('.row')].map((it) => [
			it.dataset.id, Math.round(it.getBoundingClientRect().top),
		]).filter(([, top]) => top > 200 && top < innerHeight))))));
	const {asked} = page;
	let open = null;

	page.gate = new Promise((resolve) => open = resolve);
	await scrollTo(page, 1e8);
	const before = await places();
	const last = Number(before.at(-1)[0].slice(2));
	open();
	/* The next row, which is below what is seen, tells that it has come. */
	await waitFor(page, (id) => document.querySelector('#row-id' + id), last - 1);
	expect(page.asked > asked, 'nothing was asked for');
	return [before, await places()];
}

test('what is let go above moves nothing in sight', () =>
	withPage(async (page, server) => {
		await openMillion(page, server);
		for (let i = 1; i <= 54; i++) {
			const [before, after] = await goDown(page);

			same(after, before, 'page ' + i);
		}
		same(await page.$eval('.rows-space', (it) => it.offsetHeight) <=
		    10000 * 46, true, 'more than a list holds');
		const below = await state(page);
		expect(below.count < 80 && below.inOrder, JSON.stringify(below));
	}));

test('it works below a web root and behind a password', async () => {
	const file = path.join(scratch, 'users');

	/* "secret" */
	fs.writeFileSync(file, 'ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n');
	await withPage(async (page, server) => {
		await page.goto(server.url + 'x/');
		page.problems.length = 0;
		await page.waitForSelector('.connection.live');
		await server.send(html('inside', '<img src="cid:none"><b>hi</b>'));
		await waitRows(page, ['inside']);
		await page.click('.row');
		await page.waitForSelector('.mail-frame');
		const id = /#\/(\w+)/.exec(page.url())[1];
		await page.keyboard.press('e');
		await waitUnread(page, 'inside', true);
		/* As Mailpit's addresses lead to it. */
		await page.goto(`${server.url}x/view/${id}`);
		await page.waitForSelector('.message h1:has-text("inside")');
		same(page.url(), `${server.url}x/#/${id}`);
		await page.goto(`${server.url}x/search?query=subject:inside`);
		await waitRows(page, ['inside']);
		await page.goto(`${server.url}x/#/link/https%3A%2F%2Fa.test%2F`);
		await page.waitForSelector('.link-shown');
	}, {
		server: ['--webroot', '/x/', '--http-auth-file', file],
		httpCredentials: {username: 'ann', password: 'secret'},
	});
});

test('a notice comes where it was asked for', () =>
	withPage(async (page, server) => {
		await page.addInitScript(() => {
			window.notices = [];
			window.Notification = class {
				static permission = 'granted';
				static async requestPermission() {
					return 'granted';
				}
				constructor(title, {body}) {
					window.notices.push([title, body]);
				}
			};
			Object.defineProperty(document, 'hidden', {value: true});
		});
		await page.goto(server.url + '#/settings');
		await page.reload();
		await page.click('#set-notifications');
		await page.waitForSelector('.connection.live');
		await server.send(plain('for you'));
		await waitFor(page, () => window.notices.length === 1);
		same(await page.evaluate(() => window.notices),
		    [['for you', 'From Sender']]);
	}));
