/*
 * bytes: a message as it came, with all that usually hides made visible: bare
 * CR and LF, NUL and other controls, bytes that are no ASCII or no UTF-8.
 *
 * Large ones are shown a piece at a time, so that a page never holds more than
 * somebody wants to see.
 */
import { button, fill, h, size, visible } from './dom.js';
import { number, t } from './texts.js';

const PIECE = 128 * 1024;
const LINE_MAX = 4096;
/* Lines in one element, so that the browser can leave out what is not seen. */
const BLOCK = 100;

const strict = new TextDecoder('utf-8', {fatal: true});
const decoder = new TextDecoder();

const hex = (byte) => byte.toString(16).toUpperCase().padStart(2, '0');

const sign = (kind, text, title) =>
	h('span.sign.' + kind, {title: t(title)}, text);

/* How many bytes at `at` are one character of UTF-8; 0 when they are none. */
export function characterLength(bytes, at) {
	const first = bytes[at];
	const length = first >= 0xc2 && first <= 0xdf ? 2
	    : first >= 0xe0 && first <= 0xef ? 3
	    : first >= 0xf0 && first <= 0xf4 ? 4 : 0;

	if (!length || at + length > bytes.length)
		return 0;
	for (let i = 1; i < length; i++)
		if (bytes[at + i] >> 6 !== 2)
			return 0;
	try {
		strict.decode(bytes.subarray(at, at + length));
		return length;
	} catch {
		return 0;
	}
}

/*
 * How many bytes at `at` are that text, in which a U+FFFD stands for a byte that
 * was none of a character. 0 when they are not: a finding may mean what the
 * bytes say once they are decoded, or no place at all.
 */
export function lengthAt(bytes, at, text) {
	const encoder = new TextEncoder();
	let to = at;

	for (const character of text) {
		const wanted = encoder.encode(character);

		if (wanted.every((it, i) => bytes[to + i] === it))
			to += wanted.length;
		else if (character === '\ufffd' && bytes[to] >= 0x80)
			to++;
		else
			return 0;
	}
	return to - at;
}

/* The front of [at, end) that is of one kind, as a node, and its length. */
function token(bytes, at, end) {
	let to = at;

	while (to < end && bytes[to] >= 0x20 && bytes[to] < 0x7f ||
	    to < end && bytes[to] === 9)
		to++;
	if (to > at)
		return [String.fromCharCode(...bytes.subarray(at, to)), to - at];
	for (let length = 1; to < end && bytes[to] >= 0x80 && length; to += length)
		length = characterLength(bytes, to);
	if (to > at)
		return [h('span.eight-bit', {title: [...bytes.subarray(
		    at, Math.min(to, at + 16))].map(hex).join(' ')},
		visible(decoder.decode(bytes.subarray(at, to)))), to - at];
	const byte = bytes[at];

	if (byte === 13)
		return [sign('bare', 'CR', 'bare_cr'), 1];
	if (byte === 0)
		return [sign('bare', 'NUL', 'nul'), 1];
	return [byte < 0x80
	    ? sign('control', hex(byte), 'control')
	    : sign('byte', hex(byte), 'no_utf8'), 1];
}

/* Where its line ends: {end: before CR LF or LF, next, isBare}. */
function lineAt(bytes, start, limit) {
	let lf = bytes.indexOf(10, start);

	if (lf < 0 || lf >= limit)
		lf = -1;
	const stop = lf < 0 ? limit : lf;
	if (stop - start > LINE_MAX)
		return {end: start + LINE_MAX, next: start + LINE_MAX, isCut: true};
	if (lf < 0)
		return {end: limit, next: limit, isLast: true};
	const isBare = lf === start || bytes[lf - 1] !== 13;
	return {end: isBare ? lf : lf - 1, next: lf + 1, isBare};
}

const markUp = (mark, inside) => h('mark.finding.' + mark.severity,
    {title: mark.title, id: mark.id}, inside);

/* The bytes between as nodes; a mark ends with its line. */
function content(bytes, from, to, marks) {
	const nodes = [];

	while (from < to) {
		const mark = marks.find((it) => it.from === from && it.to > from);
		const next = marks.reduce((least, it) =>
			it.from > from && it.from < least ? it.from : least, to);
		const stop = mark ? Math.min(mark.to, next) : next;
		const inside = [];

		for (let at = from; at < stop;) {
			const [node, length] = token(bytes, at, stop);
			inside.push(node);
			at += length;
		}
		nodes.push(mark ? markUp(mark, inside) : inside);
		from = stop;
	}
	return nodes;
}

function ending(line, marks) {
	const mark = line.isBare && marks.find((it) => it.from === line.end);
	const made = line.isBare ? sign('bare', 'LF', 'bare_lf')
	    : line.isCut ? sign('cut', '…', 'line_goes_on') : null;

	return mark ? markUp(mark, made) : made;
}

/* [at, limit) as elements of BLOCK lines each. */
function lines(bytes, at, limit, marks) {
	const blocks = [];
	let block = null;

	while (at < limit) {
		const line = lineAt(bytes, at, limit);

		if (!block || block.childElementCount >= BLOCK) {
			block = h('div.raw-block');
			blocks.push(block);
		}
		block.append(h('div.raw-line', {'data-at': at},
		    content(bytes, at, line.end, marks), ending(line, marks)));
		if (line.next === at)
			break;
		at = line.next;
	}
	return blocks;
}

/* Begins and ends at a line where it can. */
function pieceAround(bytes, offset) {
	const from = Math.max(0, offset - 2048);

	return from === 0 ? 0 : bytes.lastIndexOf(10, from) + 1;
}

function pieceEnd(bytes, from) {
	const to = Math.min(bytes.length, from + PIECE);
	const lf = to < bytes.length ? bytes.lastIndexOf(10, to - 1) : -1;

	return lf >= from ? lf + 1 : to;
}

/*
 * Shows bytes in `place`, from the start or around the octet `at`. Marks are
 * {from, to, severity, title, id}.
 */
export function showBytes(place, bytes, {at = null, marks = []} = {}) {
	const pre = h('div.raw', {
		tabindex: 0, role: 'region', 'aria-label': t('raw'),
	});
	let from = at === null ? 0 : pieceAround(bytes, at);
	let to = pieceEnd(bytes, from);
	const before = button(t('show_before'), () => {
		const start = pieceAround(bytes, Math.max(0, from - PIECE + 2048));
		pre.prepend(...lines(bytes, start, from, marks));
		from = start;
		update();
	});
	const after = button(t('show_after'), () => {
		const end = pieceEnd(bytes, to);
		pre.append(...lines(bytes, to, end, marks));
		to = end;
		update();
	});
	const status = h('p.muted');

	function update() {
		before.hidden = from === 0;
		after.hidden = to === bytes.length;
		status.hidden = before.hidden && after.hidden;
		status.textContent = t('octets_shown',
		    number(from), number(to), size(bytes.length));
	}

	pre.append(...lines(bytes, from, to, marks));
	fill(place, before, pre, h('div.more', status, after));
	update();
	if (at === null)
		return;
	const mark = marks.find((it) => it.from <= at && at < it.to);
	(mark && pre.querySelector('#' + mark.id) ||
	    [...pre.querySelectorAll('.raw-line')].findLast(
		(it) => Number(it.dataset.at) <= at))
	    ?.scrollIntoView({block: 'center'});
}

/* The first bytes of what is no text, as a table of hex. */
export function hexDump(bytes, count = 1024) {
	const rows = [];

	for (let at = 0; at < Math.min(count, bytes.length); at += 16) {
		const row = [...bytes.subarray(at, Math.min(at + 16, count))];
		rows.push(at.toString(16).padStart(6, '0') + '  ' +
		    row.map(hex).join(' ').padEnd(47) + '  ' +
		    row.map((it) => it >= 32 && it < 127
			? String.fromCharCode(it) : '·').join(''));
	}
	return h('pre.hex', {tabindex: 0}, rows.join('\n'));
}
