/* notice: what the page says in passing: below, for ears, and in its title. */
import { button, fill, h, iconButton } from './dom.js';
import { settings } from './memory.js';
import { t } from './texts.js';

/* ---- notices */

const STAYS_MS = {info: 5000, error: 12000, offer: 8000};

const notices = h('div.notices', {role: 'status', 'aria-live': 'polite'});
/* What only those hear who cannot see the list change. */
const spoken = h('div.spoken', {role: 'log', 'aria-live': 'polite'});

export const regions = [notices, spoken];

/* It stays while somebody points at it or has come to it with the keyboard.
   `end` is called once when it goes; the function that is given back makes it
   go at once. */
function show(kind, content, end) {
	let timer = null;
	const rest = () => clearTimeout(timer);
	const run = () => {
		rest();
		timer = setTimeout(close, STAYS_MS[kind]);
	};
	const close = () => {
		rest();
		if (!notice.isConnected)
			return;
		if (notice.contains(document.activeElement))
			document.getElementById('main').focus();
		notice.remove();
		end?.();
	};
	const notice = h('div.notice.' + kind, {
		onmouseenter: rest, onfocusin: rest,
		onmouseleave: run, onfocusout: run,
	}, content, iconButton('close', t('close'), close));

	notices.append(notice);
	run();
	return close;
}

export const notify = (text, kind = 'info') => show(kind, h('span', text));

/* Something that can be had until the notice goes. */
export const offer = (text, label, take, end) =>
	show('offer', [h('span', text), button(label, take)], end);

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
