/* row: a message as a row of the list. */
import { bdi, fill, h, icon, person, shown, timeOf } from './dom.js';
import { number, t } from './texts.js';

const people = (list) => list.slice(0, 3).map(person).join(', ') +
	(list.length > 3 ? ', …' : '');

function labels(message) {
	return [
		message.state !== 'accepted' && h('span.label.bad',
		    t('state_' + message.state)),
		message.tags.slice(0, 3).map((it) => h('span.label.tagged',
		    bdi(shown(it, 24)))),
		message.tags.length > 3 && h('span.label',
		    '+' + (message.tags.length - 3)),
	];
}

const subject = (message) => h('span.row-subject', labels(message),
    message.subject ? bdi(shown(message.subject))
	: h('span.muted', t('no_subject')),
    message.snippet && h('span.row-snippet',
	bdi(shown(message.snippet, 160))));

const signs = (message) => h('span.row-meta',
    message.attachments > 0 && h('span', {
	title: t('attachments_count', message.attachments),
    }, icon('attach'), h('span.spoken',
	t('attachments_count', message.attachments))),
    message.findings > 0 && h('span.findings-mark', {
	title: t('findings_count', message.findings),
    }, icon('flag'), number(message.findings),
    h('span.spoken', t('findings_row'))));

export function fillRow(message, row) {
	const from = message.from?.[0]
	    ? person(message.from[0]) : shown(message.mail_from || '<>');
	const to = message.to?.length ? people(message.to)
	    : people(message.recipients.map((it) => ({address: it.address})));

	row.classList.toggle('unread', !message.read);
	fill(row, h('span.row-check', {'aria-hidden': 'true'}, icon('check')),
	    h('span.row-from',
		!message.read && h('span.spoken', t('unread_row')),
		bdi(from)),
	    h('span.row-to', h('span.muted', t('to_row')), bdi(to)),
	    subject(message), signs(message),
	    timeOf(message.received, {class: 'row-time'}));
}
