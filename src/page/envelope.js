/*
 * envelope: what was said to the server beside what the headers say, and where
 * the two differ.
 */
import { bdi, facts, fill, fullPerson, fullTime, h, icon, size, visible } from './dom.js';
import { write } from './route.js';
import { number, t } from './texts.js';

/* The part behind the '@' is compared in any case (RFC 5321 2.4). */
function plain(address) {
	const at = address.lastIndexOf('@');

	return address.slice(0, at + 1) + address.slice(at + 1).toLowerCase();
}

/* "<a@b>" or "a@b". */
const bare = (path) => plain(path.replace(/^<|>$/g, ''));

/* Where an address stands in the headers. */
function fieldsOf(message, address) {
	const lists = {To: message.to, Cc: message.cc, Bcc: message.bcc};

	return Object.keys(lists).filter((name) => (lists[name] || []).some(
	    (it) => plain(it.address) === address));
}

const isAccepted = (recipient) => !/^[45]/.test(recipient.reply);

/* All that differs, each as a sentence with its values. */
export function compare(message) {
	const sender = bare(message.mail_from);
	const from = (message.from || []).map((it) => plain(it.address));
	const recipients = message.recipients.map((it) => ({
		...it, plain: bare(it.address),
		fields: fieldsOf(message, bare(it.address)),
	}));
	const named = [...message.to || [], ...message.cc || [],
		...message.bcc || []].map((it) => it.address).filter(Boolean);
	const missing = named.filter((address) => !recipients.some(
	    (it) => it.plain === plain(address)));

	return {
		sender, recipients, missing: [...new Set(missing)],
		isOtherSender: !from.includes(sender),
		hidden: recipients.filter(
		    (it) => !it.fields.some((name) => name !== 'Bcc')),
	};
}

export const differences = (found) =>
	found.isOtherSender + found.hidden.length + found.missing.length;

const flag = (text) => h('span.flag', icon('flag'), text);

/* "BODY=8BITMIME SIZE=1234" */
const parameters = (text) => text && h('div.parameters',
    text.split(' ').filter(Boolean).map(
	(it) => h('code', visible(it))));

/* A name with the finding rules that concern it is not needed here: they have
   a tab. */
function recipientItem(it) {
	const isHidden = !it.fields.some((name) => name !== 'Bcc');

	return h('li',
	    h('div.recipient', bdi(visible(it.plain || '<>')),
		isHidden ? flag('Bcc')
		    : h('span.muted', it.fields.join(', '))),
	    isHidden && h('div.note', it.fields.length
		? t('bcc_left') : t('in_no_header')),
	    parameters(it.params),
	    h('div.reply', {class: isAccepted(it) ? 'reply good' : 'reply bad'},
		visible(it.reply)),
	    it.fault && h('div.note', icon('bolt'),
		h('a', {href: write({view: 'faults'})}, t('by_fault', it.fault))));
}

export function envelopeBlock(message) {
	const found = compare(message);

	return h('section.block.envelope',
	    h('h2', t('envelope')),
	    facts([
		['MAIL FROM', bdi(visible(found.sender || '<>')), ' ',
		    found.isOtherSender && flag(t('differs')),
		    found.isOtherSender && h('div.note',
			found.sender ? t('not_from') : t('null_sender')),
		    parameters(message.mail_params)],
		['RCPT TO', h('ul.plain',
		    found.recipients.map(recipientItem))],
		[t('missing'), found.missing.length > 0 && h('ul.plain',
		    found.missing.slice(0, 100).map((it) => h('li',
			bdi(visible(it)), ' ', flag(t('no_rcpt')))))],
		[t('received'), fullTime(message.received)],
		['HELO', visible(message.helo)],
		[t('peer'), visible(message.peer)],
		['AUTH', message.user && bdi(visible(message.user))],
		[t('listener'), visible(message.listener)],
		[t('inbox'), visible(message.inbox)],
		[t('size'), size(message.size), h('span.muted',
		    ' ', t('octets', message.size))],
		['SHA-256', h('code.break', message.sha256)],
		[t('session'), message.session && h('a.break', {href: write({
			view: 'sessions', id: message.session,
		})}, message.session)],
	    ]));
}

/* ---- the headers */

/* What those differ from is marked beside them. */
function fieldRow(field, found) {
	const name = field.name.toLowerCase();
	const isEncoded = field.raw !== field.value;
	const note = name === 'from' && found.isOtherSender ? t('not_mail_from')
	    : name === 'bcc' ? t('bcc_left') : '';

	return h('tr', {class: note ? 'differs' : null},
	    h('th', {scope: 'row'}, visible(field.name)),
	    h('td', {dir: 'auto'}, visible(field.value.slice(0, 20000)),
		isEncoded && h('details',
		    h('summary', t('as_sent')),
		    h('code.break', visible(field.raw.slice(0, 20000)))),
		note && h('div.note', icon('flag'), note)));
}

export function headersTab(place, message) {
	const found = compare(message);

	fill(place, h('div.beside',
	    h('section.block', h('h2', t('headers'), ' ',
		h('span.count', number(message.headers.length))),
	    message.headers.length === 0
		? h('p.nothing', t('no_headers'))
		: h('table.headers', h('tbody', message.headers
		    .slice(0, 2000).map((it) => fieldRow(it, found))))),
	    envelopeBlock(message)));
}

/* ---- the lines above a message */

const RECIPIENTS_SHOWN = 12;

function people(list) {
	return list.slice(0, RECIPIENTS_SHOWN).map((it, i) => [i > 0 && ', ',
		bdi(visible(fullPerson(it)), {class: 'person'})])
	    .concat(list.length > RECIPIENTS_SHOWN
		? [', ' + t('and_more', list.length - RECIPIENTS_SHOWN)] : []);
}

export function addressLines(message) {
	const found = compare(message);
	const row = (name, ...value) =>
		h('div.address-line', h('span.address-name', name),
		    h('span.address-value', value));

	return h('div.addresses',
	    row(t('from'), message.from?.length
		? people(message.from) : h('span.muted', t('no_from')),
	    found.isOtherSender && [' ', h('span.envelope-note',
		flag(t('envelope')), ' ',
		bdi(visible(found.sender || '<>')))]),
	    message.to?.length > 0 && row(t('to'), people(message.to)),
	    message.cc?.length > 0 && row(t('cc'), people(message.cc)),
	    found.hidden.length > 0 && row(t('bcc'), flag(t('envelope_only')),
		' ', people(found.hidden.map((it) => ({address: it.plain})))),
	    message.reply_to?.length > 0 &&
		row(t('reply_to'), people(message.reply_to)));
}
