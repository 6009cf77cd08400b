/* memory: what the page remembers in this browser, which may refuse it. */
import { root } from './api.js';

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
