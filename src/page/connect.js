/* connect: what a program is told, so that its mail comes here. */
import { getServer, sendMessage } from './api.js';
import { button, code, h } from './dom.js';
import { settings } from './memory.js';
import { fail, notify } from './notice.js';
import { t } from './texts.js';

/* ---- where SMTP is */

let listeners = [];
let hasAsked = false;

/* Rejects where the server does not say. */
export async function learn() {
	try {
		({listeners} = await getServer());
	} finally {
		hasAsked = true;
	}
}

/* Until then nobody is told anything that may be wrong. */
export const hasLearned = () => hasAsked;

/* "127.0.0.1:25", "[::1]:25", ":25"; null for a socket in a file. */
const endpoint = (text) => /^(.*):(\d+)$/.exec(text);
const isAnywhere = (host) =>
	/^(?:|0\.0\.0\.0|\[::\]|127\..*|\[::1\]|localhost)$/.test(host);
const plain = (host) => host.replace(/^\[|\]$/g, '');

/* The first listener that a program can simply talk to. An address that holds
   for this machine is called by the name that led to this page. */
export function smtp() {
	const it = listeners.find((one) => one.protocol === 'smtp' &&
	    !one.proxy && endpoint(one.address));
	const [, host, port] = it ? endpoint(it.address) : ['', '', '1025'];

	return {
		host: settings.smtpHost || plain(isAnywhere(host)
		    ? location.hostname : host) || 'localhost',
		port: settings.smtpPort || port,
	};
}

export const SNIPPETS = {
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

export const snippet = (name) => h('section.snippet',
    h('h3', t('first_' + name) === 'first_' + name ? name
	: t('first_' + name)), code(SNIPPETS[name](smtp())));

/* ---- the first mail */

export async function sendTest() {
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
	    h('img', {
		src: new URL('icon.svg', import.meta.url).href, alt: '',
		width: 56, height: 56,
	    }),
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
