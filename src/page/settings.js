/* settings: what this browser is to remember, and what the server is. */
import { askServer, getInfo, root } from './api.js';
import { learn, smtp } from './connect.js';
import { bdi, button, facts, fill, fullTime, h, shown, size, visible } from './dom.js';
import { remember, settings } from './memory.js';
import { fail, notify, setTitle } from './notice.js';
import { number, t } from './texts.js';

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

const TLS = {starttls: 'STARTTLS', implicit: 'TLS'};

function listenersTable(listeners) {
	return h('div.table-frame', {
		tabindex: 0, role: 'region', 'aria-label': t('listens'),
	}, h('table.rules.listeners', h('thead', h('tr',
	    ['protocol', 'address', 'name', 'tls', 'inbox'].map(
		(it) => h('th', {scope: 'col'}, t(it))))),
	h('tbody', listeners.map((it) => h('tr',
	    h('td', it.protocol.toUpperCase()),
	    h('td', h('code', visible(it.address))),
	    h('td', visible(it.name), it.proxy && h('span.label', 'PROXY')),
	    h('td', TLS[it.tls] ?? h('span.muted', t('no_tls'))),
	    h('td', it.protocol === 'http' ? h('code', root.pathname)
		: bdi(shown(it.inbox, 60))))))));
}

function serverFacts(server, info) {
	const {Memory, SMTPAccepted, SMTPRejected} = info.RuntimeStats;

	return facts([
		[t('version'), visible(server.version)],
		[t('name'), visible(server.label)],
		[t('database'), [visible(server.database), ' ',
			h('span.muted', size(info.DatabaseSize))]],
		[t('read_only'), server.read_only && t('view_only')],
		[t('mail'), number(info.Messages)],
		[t('max_message'), size(server.max_message)],
		[t('started'), fullTime(server.started)],
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
		this.draw();
		try {
			[this.server, this.info] = await Promise.all([
				askServer(), getInfo(),
			]);
			await learn();
			this.draw();
		} catch (error) {
			fail(error);
		}
	}

	draw() {
		const {server, info} = this;

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
				this.draw();
			}))),
		    info && h('section.block', h('h2', t('listens')),
			listenersTable(server.listeners),
			h('p.muted', t('listens_hint')),
			h('div.fields',
			    field('smtpHost', t('smtp_host'), smtp().host),
			    field('smtpPort', t('smtp_port'), smtp().port))),
		    info && h('section.block', h('h2', t('server')),
			serverFacts(server, info)));
	}

	hide() {}
	key() {
		return false;
	}
}
