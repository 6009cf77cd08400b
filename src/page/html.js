/*
 * html: HTML mail in a frame that can do nothing.
 *
 * Mail is hostile. Three walls stand around it, each of which would do:
 *
 *   1. a frame with sandbox and without allow-scripts and allow-same-origin:
 *      no script runs, its origin is opaque, it cannot navigate us or submit
 *      anything. From there a request to our API would count as cross-site and
 *      be refused;
 *   2. the policy of the document around it. A srcdoc frame inherits that, so
 *      frame.html and frame-remote.html are sent with one that allows nothing
 *      but what is inside of the message (or, where the user asked for it,
 *      pictures, styles and fonts). Our own page's policy would forbid the
 *      style attributes that mail consists of. A meta element repeats it;
 *   3. what is cleaned away below: scripts, frames, refreshes, and the hints
 *      that make a browser look up or connect to hosts, which no policy covers.
 *
 * Pictures of the message (cid:) become data: URLs, as the frame may not ask
 * us for them. Links lead to our own page, which shows where they go.
 */
import { getPart, root } from './api.js';
import { h } from './dom.js';
import { settings } from './memory.js';
import { write } from './route.js';
import { t } from './texts.js';

const GONE = 'script, iframe, frame, frameset, object, embed, applet, base, ' +
	'meta, noscript, template, portal, fencedframe, param, link';
const SOURCES = ['src', 'srcset', 'background', 'poster', 'lowsrc', 'dynsrc',
	'data', 'imagesrcset'];
const REMOTE = /^\s*(?:[a-z]+:)?[\\/]{2}/i;
const CID = /cid:([^"'\s)>]+)/gi;
const CSS_REMOTE = /(?:url\(\s*["']?|@import\s+["'])\s*((?:https?:)?\/\/[^"')\s]+)/gi;
const CID_OCTETS = 16 * 1024 * 1024;
const LINKS_MAX = 5000;

const policy = (isRemote) => {
	const from = isRemote ? ' http: https:' : '';

	return `default-src 'none'; img-src data:${from}; style-src ` +
	    `'unsafe-inline'${from}; font-src data:${from}; media-src ` +
	    `data:${from}; base-uri 'none'; form-action 'none'`;
};

/* ---- links */

/* Where a link may lead; null for javascript:, data: and the like, and for what
   is relative, as mail has no address to be relative to. */
export function target(href) {
	const text = (href || '').trim();

	if (!/^(?:https?:\/\/|mailto:|tel:)/i.test(text))
		return null;
	try {
		return new URL(text).href;
	} catch {
		return null;
	}
}

export const hostOf = (href) => {
	try {
		return new URL(href, 'http://invalid./').host;
	} catch {
		return '';
	}
};

/* By way of our page, unless that host was agreed to. */
export const linkHref = (href) =>
	!settings.askLinks || settings.hosts.includes(hostOf(href)) ? href
	    : root.href + write({view: 'link', id: href});

/* ---- cleaning */

class Cleaner {
	constructor(document, isRemote) {
		this.document = document;
		this.isRemote = isRemote;
		this.remote = [];
		this.cids = new Set();
		this.links = [];
		this.kept = new Set();
	}

	run() {
		for (const sheet of this.document.querySelectorAll(
		    'link[rel~="stylesheet" i][href]'))
			this.onSheet(sheet);
		for (const it of this.document.querySelectorAll(GONE))
			if (!this.kept.has(it))
				it.remove();
		for (const it of this.document.querySelectorAll('*'))
			this.onElement(it);
		for (const it of this.document.querySelectorAll('style'))
			this.onStyle(it.textContent);
		return this;
	}

	onSheet(link) {
		const href = link.getAttribute('href');

		if (!REMOTE.test(href))
			return;
		this.remote.push(href);
		/* Nothing else of it is kept: hints and handlers neither. */
		if (this.isRemote) {
			const style = this.document.createElement('link');
			style.rel = 'stylesheet';
			style.href = href;
			this.kept.add(style);
			link.replaceWith(style);
		}
	}

	onElement(element) {
		for (const {name, value} of [...element.attributes]) {
			const plain = name.toLowerCase();

			if (plain.startsWith('on') || plain === 'ping' ||
			    plain === 'action' || plain === 'formaction' ||
			    plain === 'srcdoc' || plain === 'manifest')
				element.removeAttribute(name);
			else if (plain === 'href' || plain === 'xlink:href')
				this.onHref(element, name, value);
			else if (SOURCES.includes(plain))
				this.onSource(element, name, value);
			else if (plain === 'style')
				this.onStyle(value);
		}
		element.removeAttribute('autofocus');
	}

	onSource(element, name, value) {
		const isRemote = REMOTE.test(value);

		this.noteCids(value);
		if (/^\s*(?:data:|cid:|#)/i.test(value))
			return;
		if (isRemote)
			this.remote.push(value.trim().split(/\s/)[0]);
		/* Without it an image shows its text. What is relative, or ours,
		   would only be refused by the server. */
		if (!this.isRemote || !isRemote || hostOf(value) === location.host)
			element.removeAttribute(name);
	}

	onHref(element, name, value) {
		const isLink = /^(?:a|area)$/i.test(element.localName);
		const href = target(value);

		if (!isLink) {
			if (!this.kept.has(element))
				this.onSource(element, name, value);
			return;
		}
		/* Inside of the message; else it is taken for one of the frame. */
		if (/^\s*#/.test(value)) {
			element.setAttribute(name, 'about:srcdoc' + value.trim());
			element.removeAttribute('target');
			return;
		}
		element.removeAttribute(name);
		element.removeAttribute('target');
		if (this.links.length < LINKS_MAX)
			this.links.push({
				href: href ?? value, isSafe: href !== null,
				text: element.textContent.trim() ||
				    element.querySelector('img')?.alt || '',
			});
		if (!href)
			return;
		element.setAttribute(name, linkHref(href));
		element.setAttribute('target', '_blank');
		element.setAttribute('rel', 'noopener noreferrer');
		element.setAttribute('title', href);
	}

	onStyle(text) {
		this.noteCids(text);
		for (const found of text.matchAll(CSS_REMOTE))
			this.remote.push(found[1]);
	}

	noteCids(text) {
		for (const found of text.matchAll(CID))
			this.cids.add(found[1]);
	}
}

/* ---- pictures of the message */

function plainId(id) {
	try {
		return decodeURIComponent(id);
	} catch {
		return id;
	}
}

const toDataUrl = (blob) => new Promise((resolve, reject) => {
	const reader = new FileReader();

	reader.onload = () => resolve(reader.result);
	reader.onerror = () => reject(reader.error);
	reader.readAsDataURL(blob);
});

/* By Content-ID, as far as the ceiling allows. */
async function loadPictures(cids, message, parts, signal) {
	const urls = new Map();
	let left = CID_OCTETS;

	for (const cid of cids) {
		const part = parts.find((it) => it.content_id &&
		    (it.content_id === cid || it.content_id === plainId(cid)));

		if (!part || !/^image\//.test(part.type) || part.size > left)
			continue;
		left -= part.size;
		try {
			const found = await getPart(message.id, part.id, signal);
			urls.set(cid, await toDataUrl(new Blob(
			    [await found.arrayBuffer()], {type: part.type})));
		} catch (error) {
			if (signal.aborted)
				throw error;
		}
	}
	return urls;
}

function putPictures(document, urls) {
	const put = (text) => text.replace(
	    CID, (whole, cid) => urls.get(cid) ?? whole);

	for (const element of document.querySelectorAll('*'))
		for (const {name, value} of [...element.attributes])
			if (/cid:/i.test(value)) {
				const text = put(value);
				/* What is not there shows its text. */
				if (/^cid:/i.test(text.trim()))
					element.removeAttribute(name);
				else
					element.setAttribute(name, text);
			}
	for (const style of document.querySelectorAll('style'))
		if (/cid:/i.test(style.textContent))
			style.textContent = put(style.textContent);
}

/* ---- the frame */

function finish(document, isRemote) {
	const head = document.head, add = (name, attributes, text = '') => {
		const made = document.createElement(name);
		for (const [key, value] of Object.entries(attributes))
			made.setAttribute(key, value);
		made.textContent = text;
		head.prepend(made);
	};

	add('style', {}, 'body { margin: 16px 22px; font-family: system-ui, ' +
	    'sans-serif; overflow-wrap: break-word }');
	add('meta', {name: 'viewport', content: 'width=device-width'});
	add('meta', {'http-equiv': 'x-dns-prefetch-control', content: 'off'});
	add('meta', {'http-equiv': 'Content-Security-Policy',
		content: policy(isRemote)});
	add('meta', {charset: 'utf-8'});
	return '<!doctype html>' + document.documentElement.outerHTML;
}

const loaded = (frame) => new Promise((resolve, reject) => {
	frame.addEventListener('load', resolve, {once: true});
	frame.addEventListener('error', reject, {once: true});
});

/*
 * Shows `text` inside of `place`, an element in the document. Resolves to
 * {frame, remote: [address], links: [{href, isSafe, text}]}.
 */
export async function showHtml(place, text, message, parts, {
	isRemote = false, signal,
}) {
	const host = h('iframe.mail-frame', {
		title: t('html_frame'), referrerpolicy: 'no-referrer',
		src: new URL(isRemote ? 'frame-remote.html' : 'frame.html',
		    import.meta.url).href,
	});
	const ready = loaded(host);

	place.replaceChildren(host);
	await ready;
	const outer = host.contentDocument;
	const document = new host.contentWindow.DOMParser()
	    .parseFromString(text, 'text/html');
	const cleaner = new Cleaner(document, isRemote).run();

	putPictures(document, await loadPictures(
	    cleaner.cids, message, parts, signal));
	const inner = outer.createElement('iframe');
	inner.setAttribute('sandbox',
	    'allow-popups allow-popups-to-escape-sandbox');
	inner.setAttribute('referrerpolicy', 'no-referrer');
	inner.title = t('html_frame');
	inner.srcdoc = finish(document, isRemote);
	outer.body.replaceChildren(inner);
	return {frame: host, inner, remote: [...new Set(cleaner.remote)],
		links: cleaner.links};
}

/* The links of a message without showing it: nothing of a document that a
   parser made is loaded or run. */
export async function readLinks(text, place) {
	const host = h('iframe', {
		src: new URL('frame.html', import.meta.url).href, hidden: true,
		title: t('html_frame'),
	});
	const ready = loaded(host);

	place.append(host);
	await ready;
	const cleaner = new Cleaner(new host.contentWindow.DOMParser()
	    .parseFromString(text, 'text/html'), false).run();
	host.remove();
	return {links: cleaner.links, remote: [...new Set(cleaner.remote)]};
}
