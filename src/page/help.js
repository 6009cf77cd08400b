/*
 * help: how to send the first mail, what frameworks want to be told, the keys,
 * and what this browser is to remember.
 */
import { getInfo, listSessions, root, sendMessage } from './api.js';
import { fail, notify, remember, setTitle, settings } from './dialog.js';
import { button, code, facts, fill, h, number, shown, size, visible } from './dom.js';
import { t } from './texts.js';

/* ---- where SMTP is */

let seen = [];

/* The server does not say where it listens; its sessions tell. */
export async function learn() {
	try {
		const {sessions} = await listSessions({limit: 200});
		seen = [...new Map(sessions.map((it) => [it.local + it.listener,
			it])).values()];
	} catch {
		seen = [];
	}
}

const portOf = (address) => /:(\d+)$/.exec(address)?.[1];

export function smtp() {
	const plain = seen.find((it) => !/^lmtp/i.test(it.protocol) &&
	    portOf(it.local));

	return {
		host: settings.smtpHost ||
		    location.hostname.replace(/^\[|\]$/g, '') || 'localhost',
		port: settings.smtpPort || plain && portOf(plain.local) || '1025',
	};
}

const SNIPPETS = {
	swaks: ({host, port}) =>
		`swaks --server ${host}:${port} --to alice@example.test`,
	curl: ({host, port}) => `printf 'Subject: Hello\\r\\n\\r\\nIs this the stop?\\r\\n' |
  curl smtp://${host}:${port} --mail-from me@example.test \\
    --mail-rcpt alice@example.test --upload-file -`,
	python: ({host, port}) => `import smtplib
with smtplib.SMTP("${host}", ${port}) as smtp:
    smtp.sendmail("me@example.test", ["alice@example.test"],
                  "Subject: Hello\\r\\n\\r\\nIs this the stop?")`,
	Django: ({host, port}) => `# settings.py
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "${host}"
EMAIL_PORT = ${port}`,
	Laravel: ({host, port}) => `# .env
MAIL_MAILER=smtp
MAIL_HOST=${host}
MAIL_PORT=${port}
MAIL_USERNAME=null
MAIL_PASSWORD=null`,
	Symfony: ({host, port}) => `# .env
MAILER_DSN=smtp://${host}:${port}`,
	Rails: ({host, port}) => `# config/environments/development.rb
config.action_mailer.delivery_method = :smtp
config.action_mailer.smtp_settings = { address: "${host}", port: ${port} }`,
	Nodemailer: ({host, port}) => `const transport = nodemailer.createTransport({
  host: "${host}", port: ${port}, secure: false,
});`,
	'Spring Boot': ({host, port}) => `# application.properties
spring.mail.host=${host}
spring.mail.port=${port}`,
	'ASP.NET': ({host, port}) => `using var smtp = new SmtpClient("${host}", ${port});
smtp.Send("me@example.test", "alice@example.test", "Hello", "Body");`,
	Go: ({host, port}) => `err := smtp.SendMail("${host}:${port}", nil, "me@example.test",
    []string{"alice@example.test"}, []byte("Subject: Hello\\r\\n\\r\\nHi"))`,
	WordPress: ({host, port}) => `add_action('phpmailer_init', function ($mailer) {
  $mailer->isSMTP();
  $mailer->Host = '${host}';
  $mailer->Port = ${port};
});`,
	'PHP mail()': () => `; php.ini
sendmail_path = "mailstop sendmail -t"`,
};

const snippet = (name) => h('section.snippet',
    h('h3', t('first_' + name) === 'first_' + name ? name
	: t('first_' + name)), code(SNIPPETS[name](smtp())));

/* ---- the first mail */

async function sendTest() {
	try {
		await sendMessage({
			From: {Email: 'mailstop@example.test', Name: 'mailstop'},
			To: [{Email: 'you@example.test'}],
			Subject: t('test_subject'), Text: t('test_text'),
			HTML: `<h1>${t('test_subject')}</h1><p>${t('test_text')}</p>`,
			Tags: ['test'],
		});
		notify(t('test_sent'));
	} catch (error) {
		fail(error);
	}
}

/* What is shown while there is no mail at all. */
export function emptyState() {
	const {host, port} = smtp();

	return h('div.empty',
	    h('div.empty-sign', {'aria-hidden': 'true'}, h('img', {
		src: new URL('icon.svg', import.meta.url).href, alt: '',
		width: 56, height: 56,
	    })),
	    h('h2', t('empty_title')),
	    h('p.lead', t('empty_lead')),
	    h('dl.endpoints', h('div', h('dt', t('smtp_host')),
		h('dd', host)), h('div', h('dt',
		    t('smtp_port')), h('dd', port)),
	    h('div', h('dt', t('smtp_login')),
		h('dd', t('smtp_any')))),
	    h('p.actions', button(t('send_test'), sendTest,
		{class: 'button primary changes'}, 'mail'),
	    h('a.button', {href: '#/help'}, t('for_framework'))),
	    ['swaks', 'curl', 'python'].map(snippet));
}

/* ---- help */

export const KEYS = [
	['keys_list', [['j k', 'key_move'], ['Enter o', 'key_open'],
		['x', 'key_select'], ['*', 'key_select_all'],
		['e', 'key_read'], ['d #', 'key_remove'], ['t', 'key_tags'],
		['/', 'key_search']]],
	['keys_message', [['u Esc', 'key_back'], ['j k', 'key_next'],
		['[ ]', 'key_tab'], ['1 … 8', 'key_tabs']]],
	['keys_anywhere', [['g m', 'mail'], ['g s', 'sessions'],
		['g f', 'faults'], ['g t', 'settings'], ['?', 'help']]],
];

export const keyTable = () => h('div.keys', KEYS.map(([title, list]) =>
	h('section', h('h3', t(title)), h('dl',
	    list.map(([keys, label]) => [h('dt', keys.split(' ').map(
		(it) => it === '…' ? ' … ' : h('kbd', it))),
	    h('dd', t(label))])))));

const QUERIES = ['rcpt:alice subject:welcome', 'from:*@shop.test after:2h',
	'has:attachment larger:1M', 'attachment:*.pdf -is:read',
	'finding:bare-lf OR finding:bare-cr', 'state:refused peer:127.0.0.1',
	'header:X-Mailer=PHPMailer', 'inbox:test-42 "exact words"'];

function queryHelp() {
	return h('section.block', h('h2', t('queries')),
	    h('p', t('queries_lead')),
	    h('ul.plain.queries', QUERIES.map((it) => h('li',
		h('a', {href: '#/?q=' + encodeURIComponent(it)},
		    h('code', it))))));
}

export class HelpView {
	constructor() {
		this.element = h('div.page');
	}

	async show() {
		setTitle(t('help'));
		this.draw();
		await learn();
		this.draw();
	}

	draw() {
		const frameworks = Object.keys(SNIPPETS);

		fill(this.element, h('h1', {tabindex: -1}, t('help')),
		    h('section.block', h('h2', t('frameworks')),
			h('p', t('frameworks_lead')),
			h('div.snippets', frameworks.map(snippet)),
			h('p.actions', button(t('send_test'), sendTest,
			    {class: 'button changes'}, 'mail'))),
		    queryHelp(),
		    h('section.block', h('h2', t('keys')), keyTable()),
		    h('section.block', h('h2', t('api')),
			h('p', t('api_lead')),
			code(`curl '${root.href}api/mailstop/v1/wait?query=rcpt:alice&timeout=10'`)));
	}

	hide() {}
	key() {
		return false;
	}
}

/* ---- settings */

function choice(name, values) {
	return h('fieldset.choices', h('legend', t(name)),
	    values.map((value) => [h('input', {
		type: 'radio', name, id: name + value, value,
		checked: settings[name] === value,
		onchange: () => remember({[name]: value}),
	    }), h('label', {for: name + value}, t(name + '_' + value))]));
}

function toggle(name, onchange) {
	return h('p.check', h('input.switch', {
		type: 'checkbox', role: 'switch', id: 'set-' + name,
		checked: settings[name], 'aria-describedby': 'hint-' + name,
		onchange: (event) => onchange
		    ? onchange(event.currentTarget)
		    : remember({[name]: event.currentTarget.checked}),
	}), h('label', {for: 'set-' + name}, t('set_' + name)),
	h('small.muted', {id: 'hint-' + name}, t('hint_' + name)));
}

async function askNotifications(box) {
	if (box.checked && window.Notification)
		box.checked = await Notification.requestPermission() ===
		    'granted';
	else if (box.checked)
		box.checked = false;
	if (!box.checked && settings.notifications === false)
		notify(t('no_notifications'), 'error');
	remember({notifications: box.checked});
}

const field = (name, label, value) => [h('label', {for: name}, label),
	h('input.input', {
		id: name, value, autocomplete: 'off',
		onchange: (event) => remember(
		    {[name]: event.currentTarget.value.trim()}),
	})];

function listenersTable() {
	return h('div.table-frame', {
		tabindex: 0, role: 'region', 'aria-label': t('listens'),
	}, h('table.rules', h('thead', h('tr',
	    ['protocol', 'address', 'listener'].map(
		(it) => h('th', {scope: 'col'}, t(it))))),
	h('tbody', seen.map((it) => h('tr',
	    h('td', shown(it.protocol || 'SMTP').toUpperCase()),
	    h('td', h('code', visible(it.local))),
	    h('td', visible(it.listener)))),
	h('tr', h('td', 'HTTP'), h('td',
	    h('code', location.host)), h('td', root.pathname)))));
}

function serverFacts(info) {
	const {Uptime, Memory, SMTPAccepted, SMTPRejected} = info.RuntimeStats;

	return facts([
		[t('version'), info.Version.replace(/^v/, '')],
		[t('database'), h('code.break', visible(info.Database))],
		[t('database_size'), size(info.DatabaseSize)],
		[t('mail'), number(info.Messages)],
		[t('uptime'), t('uptime_value', Math.floor(Uptime / 3600),
		    Math.floor(Uptime / 60) % 60)],
		[t('memory'), size(Memory)],
		[t('accepted'), number(SMTPAccepted)],
		[t('refused'), number(SMTPRejected)],
	], {class: 'facts columns'});
}

export class SettingsView {
	constructor() {
		this.element = h('div.page.narrow');
	}

	async show() {
		setTitle(t('settings'));
		this.draw(null);
		try {
			const [info] = await Promise.all([getInfo(), learn()]);
			this.draw(info);
		} catch (error) {
			fail(error);
		}
	}

	draw(info) {
		fill(this.element, h('h1', {tabindex: -1}, t('settings')),
		    h('section.block', h('h2', t('this_browser')),
			choice('theme', ['auto', 'light', 'dark']),
			toggle('shortcuts'), toggle('counter'),
			toggle('notifications', askNotifications),
			toggle('askLinks'),
			settings.hosts.length > 0 && h('p',
			    t('trusted', settings.hosts.join(', ')), ' ',
			    button(t('forget'), () => {
				remember({hosts: []});
				this.draw(info);
			}))),
		    h('section.block', h('h2', t('listens')),
			h('p.muted', t('listens_hint')), listenersTable(),
			h('div.fields',
			    field('smtpHost', t('smtp_host'), smtp().host),
			    field('smtpPort', t('smtp_port'), smtp().port))),
		    info && h('section.block', h('h2', t('server')),
			serverFacts(info)));
	}

	hide() {}
	key() {
		return false;
	}
}
