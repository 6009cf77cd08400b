/* views: sessions, faults, settings and help. */
import { closePage, describe, expect, launch, mail, openPage, same, Server, talk,
	test } from './lib.mjs';

const waitFor = (page, read, ...wanted) =>
	page.waitForFunction(read, ...wanted, {polling: 50});

async function withView(view, run, ...options) {
	const server = await Server.start(...options);
	const browser = await launch();

	try {
		const page = await openPage(browser, `${server.url}#/${view}`);
		await page.waitForSelector('h1');
		await run(page, server).catch(
		    (error) => describe(page, error));
		same(page.problems, [], 'errors of the page');
		await closePage(page);
	} finally {
		await browser.close();
		await server.stop();
	}
}

test('sessions are listed as they end, also those without mail', () =>
	withView('sessions', async (page, server) => {
		await page.waitForSelector('text=No client has connected yet.');
		await page.waitForSelector('.connection.live');
		await talk(server.smtp, ['EHLO first.test', 'VRFY root',
			'MAIL FROM:<>', 'MAIL FROM:<>', 'QUIT']);
		await page.waitForSelector('.row:has-text("first.test")');
		await page.waitForSelector('.row:has-text("no mail")');
		await server.send(mail({Subject: 'x'}, 'x'), {helo: 'second.test'});
		await waitFor(page, () => document.querySelector('.row').textContent
		    .includes('second.test'));
		await page.waitForSelector('.row .outcome:has-text("1 accepted")');
		/* Its dialogue, to the bottom of it. */
		await page.keyboard.press('j');
		await page.keyboard.press('j');
		await page.keyboard.press('Enter');
		await page.waitForSelector('.transcript');
		await page.waitForSelector('.said.client:has-text("VRFY root")');
		await page.waitForSelector('.said.server.bad:has-text("503")');
		await page.waitForSelector('.facts:has-text("first.test")');
		const url = page.url();
		await page.reload();
		await page.waitForSelector('.transcript');
		same(page.url(), url);
		/* The messages of a session. */
		await page.click('.row:has-text("second.test")');
		await page.click('text=Its messages');
		await page.waitForSelector('.row .row-subject:has-text("x")');
	}));

test('findings stand where a client broke a rule', () =>
	withView('sessions', async (page, server) => {
		await talk(server.smtp, ['HELO not_a_name', 'MAIL FROM: <a@b.test>',
			'RCPT TO:<c@d.test>', 'DATA',
			Buffer.from('Subject: y\r\n\r\nbare\nlf\r\n.\r\n'), 'QUIT']);
		await page.waitForSelector('.row');
		await page.click('.row');
		const row = page.locator('.said-finding',
		    {hasText: 'path-space'});
		await row.waitFor();
		same(await row.evaluate((it) => it.previousElementSibling.cells[2]
		    .textContent), 'MAIL FROM: <a@b.test>');
		/* From the message, to the line of its session. */
		await page.goto(server.url);
		await page.click('.row');
		await page.click('#tab-findings');
		await page.click('.finding:has-text("path-space") .link-button');
		await page.waitForSelector('#tab-session[aria-selected=true]');
		await page.waitForSelector('.said-finding:has-text("path-space")');
	}));

test('fault rules are added, count, rest and go', () =>
	withView('faults', async (page, server) => {
		const faults = async () => (await server.api(
		    'api/mailstop/v1/faults')).faults.map((it) => it.rule);
		const fill = (text) => page.fill('#fault-rule', text);
		const add = () => page.click('.fault-form button');

		await page.waitForSelector('text=No rules');
		/* The place of a mistake. */
		await fill('rcpt reply=299');
		await add();
		await page.waitForSelector('.search-mistake mark');
		same(await page.textContent('.search-mistake mark'), '2');
		page.problems.length = 0;
		/* A scenario is only offered. */
		await page.click('.scenario:has-text("An unknown user")');
		same(await faults(), []);
		await add();
		await page.waitForSelector('.rules .rule:has-text("gone.test")');
		const rule = 'rcpt to=*@gone.test reply=550:5.1.1:"No such user"';
		same(await faults(), [rule]);
		await page.waitForSelector('.connection.live');
		await server.send(mail({Subject: 'x'}, 'x'),
		    {to: ['a@gone.test', 'b@here.test']});
		await waitFor(page, () => [...document.querySelectorAll('.number')]
		    .map((it) => it.textContent).join() === '1,1');
		/* Off and on again. */
		await page.click('.rules .switch');
		await page.waitForSelector('.rules .off');
		same(await faults(), []);
		await page.reload();
		await page.waitForSelector('.rules .off');
		await page.click('.rules .switch');
		await page.waitForSelector('.rules tr:not(.off) .rule');
		same(await faults(), [rule]);
		await page.click('[aria-label^="Delete the rule"]');
		await page.waitForSelector('text=No rules');
		same(await faults(), []);
		/* All at once. */
		for (const it of ['any delay=1ms', 'quit delay=1ms']) {
			await fill(it);
			await page.keyboard.press('Enter');
			await page.waitForSelector(`.rule:has-text("${it}")`);
		}
		await page.click('text=Delete all rules');
		await page.click('dialog .danger');
		await page.waitForSelector('text=No rules');
		/* Who was refused by a rule is told by which. */
		await page.goto(server.url);
		await page.click('.row');
		await page.click('#tab-headers');
		await page.waitForSelector('.envelope li:has-text("a@gone.test"):' +
		    'has-text("550 5.1.1"):has-text("by fault rule f1")');
	}));

test('every scenario is a rule', () => withView('faults', async (page, server) => {
	const rules = await page.$$eval('.scenario code',
	    (all) => all.map((it) => it.textContent));

	expect(rules.length > 12, 'scenarios');
	await server.api('api/mailstop/v1/faults',
	    {method: 'PUT', body: JSON.stringify({faults: rules})});
}));

test('both ends of the sessions are one key away', async () => {
	const server = await Server.start(), browser = await launch();

	try {
		for (let i = 0; i < 250; i++)
			await talk(server.smtp, ['QUIT']);
		const {sessions: [{id}]} = await server.api(
		    'api/mailstop/v1/sessions?limit=1&order=oldest');
		const page = await openPage(browser, server.url + '#/sessions');
		const active = (name) => waitFor(page, (it) => document
		    .querySelector('.row.active')?.getAttribute(it[0]) === it[1],
		name);

		await page.waitForSelector('.row');
		await page.focus('.rows');
		await page.keyboard.press('End');
		await active(['data-id', id]);
		await page.keyboard.press('Home');
		await active(['aria-posinset', '1']);
		await page.click('[aria-label="Go to the oldest"]');
		await active(['data-id', id]);
		await page.click('[aria-label="Go to the newest"]');
		await active(['aria-posinset', '1']);
		await closePage(page);
	} finally {
		await browser.close();
		await server.stop();
	}
});

test('settings hold in this browser', () =>
	withView('settings', async (page, server) => {
		await page.waitForSelector('.facts:has-text("memory")');
		await page.click('#themedark');
		same(await page.evaluate(() =>
			document.documentElement.dataset.theme), 'dark');
		await page.click('#set-shortcuts');
		await page.click('#set-counter');
		await page.fill('#smtpHost', 'mail.internal.test');
		await page.fill('#smtpPort', '2525');
		await page.press('#smtpPort', 'Tab');
		await page.goto(server.url + '#/help');
		await page.reload();
		same(await page.evaluate(() =>
			document.documentElement.dataset.theme), 'dark');
		await page.waitForSelector(
		    '.snippet:has-text("MAIL_HOST=mail.internal.test")');
		await page.waitForSelector('.snippet:has-text("2525")');
		/* No key does anything but Escape. */
		await page.focus('main');
		await page.keyboard.press('?');
		await page.keyboard.press('g');
		await page.keyboard.press('s');
		await page.waitForSelector('.connection.live');
		await server.send(mail({Subject: 'one'}, 'x'));
		await page.click('.brand');
		await page.waitForSelector('.row');
		await page.waitForSelector('.entry .count:has-text("1")');
		same(await page.title(), 'Mail · mailstop');
	}));

test('settings tell where the server listens', async () => {
	const server = await Server.start('--smtp',
	    'name=side,addr=127.0.0.1:0,inbox=other,hide=STARTTLS',
	    '--label', 'blue');
	const browser = await launch();

	try {
		const page = await openPage(browser, server.url + '#/settings');
		const {listeners} = await server.api('api/mailstop/v1/server');
		const cells = (all) => all.map((row) =>
			[...row.cells].map((it) => it.textContent));

		await page.waitForSelector('.listeners');
		same(await page.$$eval('.listeners tbody tr', cells),
		    listeners.map(({protocol, address, name, tls, inbox}) =>
			[protocol.toUpperCase(), address, name,
				tls === 'starttls' ? 'STARTTLS' : 'none',
				protocol === 'http' ? '/' : inbox]));
		/* The first of them is what is to be copied. */
		same(await page.inputValue('#smtpPort'), String(server.smtp));
		await page.waitForSelector('.facts:has-text("blue"):has-text("memory")');
		await page.goto(server.url + '#/help');
		await page.waitForSelector(
		    `.snippet:has-text("MAIL_PORT=${server.smtp}")`);
		same(page.problems, [], 'errors of the page');
	} finally {
		await browser.close();
		await server.stop();
	}
});

test('without a choice the system chooses the colours', async () => {
	const server = await Server.start(), browser = await launch();

	try {
		for (const colorScheme of ['dark', 'light']) {
			const page = await openPage(browser, server.url,
			    {colorScheme});
			same(await page.evaluate(() =>
				document.documentElement.dataset.theme), colorScheme);
			await closePage(page);
		}
	} finally {
		await browser.close();
		await server.stop();
	}
});
