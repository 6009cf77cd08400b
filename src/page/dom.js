/*
 * dom: making elements, and writing values so that a person can read them.
 *
 * All text goes into text nodes and attributes; there is no innerHTML anywhere
 * (the page's policy would refuse it).
 */
import { t } from './texts.js';

const SVG = 'http://www.w3.org/2000/svg';

function put(element, child) {
	if (Array.isArray(child))
		for (const one of child)
			put(element, one);
	else if (child !== null && child !== undefined && child !== false)
		element.append(child);
}

const isProps = (it) =>
	it && Object.getPrototypeOf(it) === Object.prototype;

/* h('div.row', {id: 'x', onclick: f}, 'text', h('b', 'more'), null) */
export function h(name, ...children) {
	const [tag, ...classes] = name.split('.');
	const element = document.createElement(tag);
	const props = isProps(children[0]) ? children.shift() : {};

	if (classes.length)
		element.className = classes.join(' ');
	for (const [key, value] of Object.entries(props)) {
		if (value === null || value === undefined || value === false)
			continue;
		if (typeof value === 'function')
			element.addEventListener(key.slice(2), value);
		else if (key === 'value' || key === 'checked')
			element[key] = value;
		else
			element.setAttribute(key, value === true ? '' : value);
	}
	put(element, children);
	return element;
}

export function fill(element, ...children) {
	element.replaceChildren();
	put(element, children);
	return element;
}

/* Text whose direction stays its own matter. */
export const bdi = (text, props) => h('bdi', props, text);

/* 24 x 24, drawn with a stroke. */
const paths = {
	attach: 'M20 11.5l-8.5 8.5a5.5 5.5 0 0 1-7.8-7.8l8.9-8.9a3.7 3.7 0 0 1 5.2 5.2l-8.9 8.9a1.8 1.8 0 0 1-2.6-2.6l8.2-8.2',
	back: 'M15 5l-7 7 7 7',
	bolt: 'M13 3L5 14h6l-1 7 8-11h-6z',
	check: 'M5 13l4.5 4.5L19 7',
	close: 'M6 6l12 12M18 6L6 18',
	copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
	desktop: 'M3 5h18v11H3zM8 20h8M12 16v4',
	down: 'M12 4v12M6.5 11.5L12 17l5.5-5.5M5 20.5h14',
	file: 'M6 3h8l4 4v14H6zM14 3v4h4',
	flag: 'M6 21V4h11l-2 4 2 4H6',
	folder: 'M3 6h6l2 2h10v11H3z',
	gear: 'M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM12 3v2.6M12 18.4V21M3 12h2.6M18.4 12H21M5.6 5.6l1.9 1.9M16.5 16.5l1.9 1.9M5.6 18.4l1.9-1.9M16.5 7.5l1.9-1.9',
	help: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.6 9.4a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.8M12 16.8v.1',
	inbox: 'M3 13l3-8h12l3 8v6H3zM3 13h5l1.5 3h5L16 13h5',
	last: 'M6 5l6 6 6-6M6 13l6 6 6-6',
	link: 'M10 14a4 4 0 0 0 5.7 0l3.5-3.5a4 4 0 0 0-5.7-5.7L12.5 6M14 10a4 4 0 0 0-5.7 0l-3.5 3.5a4 4 0 0 0 5.7 5.7l1-1.2',
	mail: 'M3 6h18v13H3zM3.5 6.5L12 13l8.5-6.5',
	menu: 'M4 7h16M4 12h16M4 17h16',
	moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
	next: 'M9 5l7 7-7 7',
	open: 'M4 9l8-5 8 5v10H4zM4 9.5l8 5.5 8-5.5',
	phone: 'M8 3h8v18H8zM11 18h2',
	plus: 'M12 5v14M5 12h14',
	search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5',
	session: 'M4 5h16v10H11l-4 4v-4H4z',
	sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1',
	stop: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.7 5.7l12.6 12.6',
	tablet: 'M6 3h12v18H6zM11 18h2',
	tag: 'M4 4h8l8 8-8 8-8-8zM8 8v.1',
	trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
	up: 'M6 15l6-6 6 6',
	warn: 'M12 4L2.8 20h18.4zM12 10v4.5M12 17.3v.1',
};

export function icon(name) {
	const svg = document.createElementNS(SVG, 'svg');
	const path = document.createElementNS(SVG, 'path');

	svg.setAttribute('viewBox', '0 0 24 24');
	svg.setAttribute('class', 'icon');
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', paths[name]);
	svg.append(path);
	return svg;
}

/* A button that shows only an icon has its words in the label. */
export function iconButton(name, label, onclick, props) {
	return h('button.icon-button', {
		type: 'button', title: label, 'aria-label': label, onclick,
		...props,
	}, icon(name));
}

export function button(label, onclick, props, name) {
	return h('button.button', {type: 'button', onclick, ...props},
	    name && icon(name), label);
}

/* ---- numbers and times */

export function size(octets) {
	const units = ['B', 'KB', 'MB', 'GB', 'TB'];
	let unit = 0;

	while (octets >= 1000 && unit < units.length - 1) {
		octets /= 1024;
		unit++;
	}
	return (unit === 0 || octets >= 100 ? Math.round(octets)
	    : octets.toFixed(1)) + '\u00a0' + units[unit];
}

const formats = new Map();
function format(options) {
	const key = JSON.stringify(options);

	if (!formats.has(key))
		formats.set(key, new Intl.DateTimeFormat(undefined, options));
	return formats.get(key);
}

export function when(text) {
	const time = new Date(text), now = new Date();

	if (Number.isNaN(time.getTime()))
		return '';
	/* Without a format, which the first view has no time for. */
	if (time.toDateString() === now.toDateString())
		return [time.getHours(), time.getMinutes()].map(
		    (it) => String(it).padStart(2, '0')).join(':');
	if (time.getFullYear() === now.getFullYear())
		return format({day: 'numeric', month: 'short'}).format(time);
	return format({dateStyle: 'short'}).format(time);
}

export function fullTime(text) {
	const time = new Date(text);

	return Number.isNaN(time.getTime()) ? text || ''
	    : format({
		dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23',
	    }).format(time);
}

export const timeOf = (text, props) => h('time', {
	datetime: text, ...props, onmouseenter: (event) => {
		event.currentTarget.title = fullTime(text);
	},
}, when(text));

export function seconds(value) {
	if (value < 1)
		return Math.round(value * 1000) + '\u00a0ms';
	return value.toFixed(value < 10 ? 2 : 1) + '\u00a0s';
}

/* ---- characters that nobody sees */

/* Controls, marks of direction, zero width, separators, tags, specials. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc\ufffe\uffff]|\udb40[\udc00-\udfff]/g;

function nameOf(character) {
	const code = character.codePointAt(0);

	return 'U+' + code.toString(16).toUpperCase().padStart(4, '0');
}

/* The text with what is hidden in it shown as small signs. */
export function visible(text) {
	const fragment = document.createDocumentFragment();
	let end = 0;

	for (const found of text.matchAll(HIDDEN)) {
		const name = nameOf(found[0]);

		fragment.append(text.slice(end, found.index),
		    h('span.hidden-character', {title: name}, name.slice(2)));
		end = found.index + found[0].length;
	}
	fragment.append(text.slice(end));
	return fragment;
}

/* Without them, for lines of a list and for titles. */
export const shown = (text, max = 300) =>
	text.slice(0, max).replace(HIDDEN, '') + (text.length > max ? '…' : '');

/* "Ann Example" or the address; then both. */
export const person = (who) => shown(who.name || who.address || t('nobody'));
/* However long the name, the address is there. */
const cut = (text, max) => text.length > max ? text.slice(0, max) + '…' : text;
export const fullPerson = ({name, address}) =>
	(name ? cut(name, 100) : '') + (name && address ? ' ' : '') +
	(address ? name ? `<${cut(address, 320)}>` : cut(address, 320) : '');

export function copyButton(text) {
	const made = iconButton('copy', t('copy'), async () => {
		await navigator.clipboard?.writeText(
		    typeof text === 'function' ? text() : text);
		made.replaceChildren(icon('check'));
		setTimeout(() => made.replaceChildren(icon('copy')), 1500);
	});
	return made;
}

/* Pairs of a name and what it says; those that say nothing are left out. */
const isNothing = (value) => value === '' || value === null ||
	value === undefined || value === false ||
	(value instanceof DocumentFragment && value.textContent === '');

export const facts = (pairs, props) => h('dl.facts', props ?? {}, pairs.filter(
    ([, ...values]) => !values.every(isNothing)).map(([name, ...values]) =>
	h('div', h('dt', name), h('dd', values))));

/* Code to be copied. */
export const code = (text) => h('div.code',
    h('pre', {tabindex: 0}, h('code', text)), copyButton(text));
