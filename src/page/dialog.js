/* dialog: questions, notices and what the page remembers in this browser. */
import { button, fill, h, iconButton } from './dom.js';
import { root } from './api.js';
import { t } from './texts.js';

/* ---- notices */

const notices = h('div.notices', {role: 'status', 'aria-live': 'polite'});
/* What only those hear who cannot see the list change. */
const spoken = h('div.spoken', {role: 'log', 'aria-live': 'polite'});

export const regions = [notices, spoken];

export function notify(text, kind = 'info') {
	const notice = h('div.notice.' + kind, h('span', text),
	    iconButton('close', t('close'), () => notice.remove()));

	notices.append(notice);
	setTimeout(() => notice.remove(), kind === 'error' ? 12000 : 5000);
}

export const fail = (error) => {
	if (error?.name !== 'AbortError')
		notify(error.status ? error.message : t('no_server'), 'error');
};

export function speak(text) {
	fill(spoken, text);
}

/* ---- the title, with the number of what is unread */

let title = '', unread = 0;

const drawTitle = () => {
	document.title = (settings.counter && unread ? `(${unread}) ` : '') +
	    t('title', title);
};

export function setTitle(text) {
	title = text;
	drawTitle();
}

export function setUnread(count) {
	unread = count;
	drawTitle();
}

/* ---- questions */

export function open(title, content, actions = []) {
	const id = 'dialog-title';
	const dialog = h('dialog.dialog', {
		'aria-labelledby': id,
		onclose: () => dialog.remove(),
		onclick: (event) => event.target === dialog && dialog.close(),
	}, h('form', {method: 'dialog', onsubmit: (event) => {
		event.preventDefault();
		dialog.close(event.submitter?.value || 'ok');
	}}, h('header', h('h2', {id}, title),
	    iconButton('close', t('close'), () => dialog.close())),
	h('div.dialog-body', content),
	actions.length > 0 && h('footer', actions)));

	document.body.append(dialog);
	dialog.showModal();
	return dialog;
}

/* Resolves to whether it was agreed to. */
export function ask(title, text, yes) {
	return new Promise((resolve) => {
		const dialog = open(title, h('p', text), [
			button(t('cancel'), () => dialog.close()),
			h('button.button.danger', {
				type: 'submit', value: 'yes', autofocus: true,
			}, yes),
		]);
		dialog.addEventListener('close',
		    () => resolve(dialog.returnValue === 'yes'));
	});
}

/* Resolves to the text, or null. */
export function askText(title, label, value, hint, list = []) {
	return new Promise((resolve) => {
		const input = h('input.input', {
			id: 'asked', value, list: 'asked-list', autofocus: true,
			autocomplete: 'off',
		});
		const dialog = open(title, [
			h('label', {for: 'asked'}, label), input,
			h('datalist', {id: 'asked-list'}, list.map(
			    (it) => h('option', {value: it}))),
			h('p.muted', hint),
		], [
			button(t('cancel'), () => dialog.close()),
			h('button.button.primary', {type: 'submit', value: 'ok'},
			    t('save')),
		]);
		dialog.addEventListener('close', () => resolve(
		    dialog.returnValue === 'ok' ? input.value : null));
	});
}

/* ---- memory; a browser may refuse it */

const KEY = 'mailstop ' + root.pathname;
const DEFAULTS = {
	theme: 'auto', shortcuts: true, notifications: false, counter: true,
	askLinks: true, hosts: [], faultsOff: [], smtpHost: '', smtpPort: '',
};

function load() {
	try {
		return JSON.parse(localStorage.getItem(KEY)) || {};
	} catch {
		return {};
	}
}

export const settings = {...DEFAULTS, ...load()};

export function remember(change) {
	Object.assign(settings, change);
	try {
		localStorage.setItem(KEY, JSON.stringify(settings));
	} catch {
		/* It holds until the page is left. */
	}
	applyTheme();
}

export function applyTheme() {
	const isDark = settings.theme === 'dark' || (settings.theme === 'auto' &&
	    matchMedia('(prefers-color-scheme: dark)').matches);

	document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
}
matchMedia('(prefers-color-scheme: dark)').addEventListener(
    'change', applyTheme);
