/* parts: the MIME tree of a message, with a preview of each part. */
import { getPart, partUrl } from './api.js';
import { hexDump, showBytes } from './bytes.js';
import { bdi, button, facts, fill, h, icon, shown, size,
	visible } from './dom.js';
import { fail } from './notice.js';
import { t } from './texts.js';

const TEXT_SHOWN = 256 * 1024;
const CHIPS_SHOWN = 6;
/* What a browser may show in an image element: there SVG runs no script. */
const PICTURE = /^image\/(?:png|jpe?g|gif|webp|avif|bmp|x-icon|svg\+xml)$/;
const PICTURE_MAX = 32 * 1024 * 1024;

export function flatten(part, depth = 0) {
	return part ? [{...part, depth}, ...part.parts.flatMap(
	    (it) => flatten(it, depth + 1))] : [];
}

export const attachmentsOf = (parts) =>
	parts.filter((it) => !['container', 'body'].includes(it.role));

const nameOf = (part) => part.name || part.content_id || part.type;

/* The name is what the sender says: no path, nothing hidden, and no longer
   than a disk can take. */
const fileName = (part) => shown(part.name || 'part-' + part.id, 120)
    .replace(/[\\/:*?"<>|]/g, '_').replace(/^\.+/, '_') || 'part';

const download = (message, part, ...content) => h('a', {
	href: partUrl(message.id, part.id).href, download: fileName(part),
	'aria-label': t('download_part', shown(nameOf(part), 120)),
	title: t('download'),
}, ...content);

/* ---- above the message */

export function attachmentStrip(message, parts, open) {
	const list = attachmentsOf(parts);

	return list.length > 0 && h('div.attachments', {
		role: 'group', 'aria-label': t('attachments'),
	}, list.slice(0, CHIPS_SHOWN).map((part) => h('span.chip',
	    h('button.chip-main', {
		type: 'button', title: part.type, onclick: () => open(part.id),
	    }, icon('attach'), bdi(shown(nameOf(part), 80)),
	    h('small', size(part.size))),
	    download(message, part, icon('down')))),
	list.length > CHIPS_SHOWN && button(
	    t('attachments_more', list.length - CHIPS_SHOWN), () => open('')));
}

/* ---- the tab */

function textPreview(text) {
	const pre = h('pre.text', {dir: 'auto', tabindex: 0},
	    visible(text.slice(0, TEXT_SHOWN)));
	const more = text.length > TEXT_SHOWN && button(t('show_all'), () => {
		fill(pre, text);
		more.remove();
	});

	return [pre, more];
}

function picturePreview(bytes, part) {
	const url = URL.createObjectURL(new Blob([bytes], {type: part.type}));
	const image = h('img.picture', {
		src: url, alt: shown(nameOf(part)),
		onload: () => {
			URL.revokeObjectURL(url);
			note.textContent = t('pixels',
			    image.naturalWidth, image.naturalHeight);
		},
		onerror: () => {
			URL.revokeObjectURL(url);
			fill(note, t('no_picture'), hexDump(bytes));
		},
	});
	const note = h('p.muted');

	return [h('div.picture-frame', image), note];
}

/* Body parts are not served by themselves: the message has their text. */
function bodyOf(message, part) {
	return part.role !== 'body' ? null
	    : part.type === 'text/html' ? message.html : message.text;
}

async function preview(place, message, part, signal) {
	const text = bodyOf(message, part);

	if (text !== null) {
		fill(place, textPreview(text));
		return;
	}
	if (part.size > PICTURE_MAX) {
		fill(place, h('p.nothing', t('too_large_to_show')));
		return;
	}
	const bytes = new Uint8Array(await (await getPart(
	    message.id, part.id, signal)).arrayBuffer());

	if (PICTURE.test(part.type))
		fill(place, picturePreview(bytes, part));
	else if (/^(?:text\/|message\/|application\/(?:json|xml|ics))/.test(
	    part.type))
		showBytes(place, bytes);
	else
		fill(place, h('p.muted', t('no_preview')),
		    hexDump(bytes));
}

const factsOf = (part) => facts([
	[t('part_type'), visible(part.type)],
	[t('name'), part.name && bdi(visible(part.name.slice(0, 1000)))],
	[t('disposition'), visible(part.disposition)],
	[t('encoding'), visible(part.encoding)],
	[t('charset'), visible(part.charset)],
	['Content-ID', visible(part.content_id)],
	[t('size'), `${size(part.size)} (${t('octets', part.size)})`],
	['SHA-256', part.sha256 && h('code.break', part.sha256)],
]);

const iconOf = (part) =>
	icon(part.role === 'container' ? 'folder'
	    : part.role === 'attachment' ? 'attach'
	    : part.role === 'body' ? 'mail' : 'file');

export function partsTab(place, message, {chosen, signal}) {
	const parts = flatten(message.parts);
	const pane = h('section.part-pane', {'aria-label': t('part')});
	const buttons = new Map();

	async function choose(part) {
		for (const [id, it] of buttons)
			it.setAttribute('aria-current', id === part.id);
		const view = h('div.part-view', h('p.muted', t('loading')));

		fill(pane, h('header', h('h2',
		    bdi(visible(nameOf(part).slice(0, 300)))),
		!['container', 'body'].includes(part.role) &&
		    download(message, part, icon('down'), t('download'))),
		factsOf(part), view);
		if (part.role === 'container') {
			view.remove();
			return;
		}
		try {
			await preview(view, message, part, signal);
		} catch (error) {
			fill(view, h('p.nothing', error.message));
			if (!signal.aborted)
				fail(error);
		}
	}

	for (const part of parts) {
		const made = h('button.part', {
			type: 'button', onclick: () => choose(part),
		}, iconOf(part), h('span.part-name', bdi(shown(nameOf(part)))),
		h('small', part.name ? part.type + ' · ' : '',
		    part.role === 'container' ? '' : size(part.size)));
		made.style.setProperty('--d', Math.min(part.depth, 12));
		buttons.set(part.id, made);
	}
	fill(place, message.is_cut && h('p.banner.warning', t('is_cut')),
	    h('div.beside.parts', h('nav.part-tree', {
		'aria-label': t('parts'),
	}, [...buttons.values()]), pane));
	const first = parts.find((it) => it.id === chosen) ??
	    attachmentsOf(parts)[0] ?? parts.find((it) => it.role === 'body') ??
	    parts[0];
	if (first)
		choose(first);
}
