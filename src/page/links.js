/* links: where a message leads to, and the stop before one goes there. */
import { bdi, button, copyButton, fill, h, icon, shown, visible } from './dom.js';
import { hostOf, linkHref, readLinks, target } from './html.js';
import { remember, settings } from './memory.js';
import { setTitle } from './notice.js';
import { number, t } from './texts.js';

const IN_TEXT = /\bhttps?:\/\/[^\s<>"'\u00a0]+/gi;
const SHOWN_MAX = 500;

/* Punctuation at the end belongs to the sentence. */
const trimmed = (url) => url.replace(/[.,;:!?)\]}]+$/, '');

export function* linksOfText(text) {
	for (const found of text.matchAll(IN_TEXT)) {
		const url = trimmed(found[0]);
		yield {at: found.index, text: url, href: target(url)};
	}
}

/* A link that was checked by target(). */
export const link = (href, content) => h('a', {
	href: linkHref(href), target: '_blank', rel: 'noopener noreferrer',
	title: href,
}, content ?? visible(href));

/* Text as nodes, with its links. */
export function withLinks(text) {
	const nodes = document.createDocumentFragment();
	let end = 0;

	for (const found of linksOfText(text)) {
		if (!found.href)
			continue;
		nodes.append(text.slice(end, found.at),
		    link(found.href, shown(found.text, 2000)));
		end = found.at + found.text.length;
	}
	nodes.append(text.slice(end));
	return nodes;
}

/* ---- List-Unsubscribe (RFC 2369, 8058) */

export function unsubscribe(message) {
	const value = (name) => message.headers.find(
	    (it) => it.name.toLowerCase() === name)?.raw ?? '';
	const header = value('list-unsubscribe');

	return header && {
		header,
		links: [...header.matchAll(/<\s*([^>]*?)\s*>/g)]
		    .map((it) => it[1]),
		isOneClick: /List-Unsubscribe=One-Click/i.test(
		    value('list-unsubscribe-post')),
	};
}

/* ---- the list of a message */

/* What a link says may be another address than where it leads. */
function mismatch({text, href}) {
	const said = /^(?:https?:\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:[/:?#]|$)/i
	    .exec(text);

	return said && hostOf(href) &&
	    said[1].toLowerCase().replace(/^www\./, '') !==
	    hostOf(href).replace(/^www\./, '').replace(/:\d+$/, '');
}

function warnings(it) {
	const host = hostOf(it.href);

	return [
		!it.isSafe && t('link_refused'),
		mismatch(it) && t('link_mismatch'),
		/(?:^|\.)xn--/.test(host) && t('link_punycode'),
		/@/.test(/^https?:\/\/([^/]*)/.exec(it.href)?.[1] ?? '') &&
		    t('link_userinfo'),
	].filter(Boolean);
}

function linkItem(it) {
	const notes = warnings(it);

	return h('li.link-item',
	    h('div.link-text', {dir: 'auto'}, it.text
		? bdi(shown(it.text, 160)) : h('span.muted', t('no_text'))),
	    h('div.link-href', it.isSafe ? link(it.href)
		: h('code', visible(it.href.slice(0, 2000))),
	    copyButton(it.href)),
	    notes.map((note) => h('div.link-warning', icon('warn'), note)));
}

const section = (title, items, make) => items.length > 0 &&
	h('section.block',
	    h('h2', title, ' ', h('span.count', number(items.length))),
	    h('ul.plain', items.slice(0, SHOWN_MAX).map(make)),
	    items.length > SHOWN_MAX &&
		h('p.muted', t('more_left', items.length - SHOWN_MAX)));

function unsubscribeBlock(found) {
	return found && h('section.block', h('h2', t('unsubscribe')),
	    h('ul.plain', found.links.map((href) => linkItem({
		href: target(href) ?? href, isSafe: target(href) !== null,
		text: '',
	    }))),
	    found.links.length === 0 && h('p.bad', t('unsubscribe_none')),
	    h('p.muted', found.isOneClick ? t('one_click')
		: t('no_one_click')));
}

export async function linksTab(place, message) {
	const html = message.html ? await readLinks(message.html, place)
	    : {links: [], remote: []};
	const text = [...linksOfText(message.text)].filter((it) => it.href &&
	    !html.links.some((other) => other.href === it.href))
	    .map((it) => ({...it, isSafe: true}));
	const found = unsubscribe(message);

	fill(place, unsubscribeBlock(found),
	    section(t('links_html'), html.links, linkItem),
	    section(t('links_text'), text, linkItem),
	    section(t('links_remote'), html.remote, (url) => h('li.link-item',
		null, h('code', visible(url.slice(0, 2000))))),
	    !found && !html.links.length && !text.length &&
		!html.remote.length && h('p.nothing', t('no_links')));
}

/* ---- the stop */

/* Everything in the address comes from whoever made the link. */
export function linkView(place, address) {
	const href = target(address), host = href && hostOf(href);
	const start = host && (/^\w+:\/\/[^/?#]*@/.exec(href) ??
	    /^\w+:\/\//.exec(href))[0].length;
	const box = h('input', {type: 'checkbox', id: 'trust'});
	const show = () => host
	    ? h('code', visible(href.slice(0, start)),
		h('mark', host), visible(href.slice(start + host.length)))
	    : h('code', visible((href ?? address).slice(0, 4000)));

	setTitle(t('link_title'));
	fill(place, h('div.page.narrow',
	    h('h1', {tabindex: -1}, t('link_title')),
	    h('p', href ? t('link_leads') : t('link_refused')),
	    h('div.link-shown', show()),
	    host && h('p.check', box, ' ',
		h('label', {for: 'trust'}, t('link_trust', host))),
	    h('p.actions',
		href && h('a.button.primary', {
			href, rel: 'noopener noreferrer',
			onclick: () => box.checked &&
			    !settings.hosts.includes(host) &&
			    remember({hosts: [...settings.hosts, host]}),
		}, t('link_go')),
		button(t('close'), () => window.close()))));
}
