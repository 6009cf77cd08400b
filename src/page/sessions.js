/* sessions: how clients talked to the server, mail or not. */
import { ANY_STATE, getSession, getSessionFindings, getTranscript, listSessions,
	transcriptUrl } from './api.js';
import { bdi, button, facts, fill, fullTime, h, icon, iconButton, seconds,
	shown, timeOf, visible } from './dom.js';
import { live } from './live.js';
import { fail, setTitle } from './notice.js';
import { go, readRoute, write } from './route.js';
import { Rows } from './rows.js';
import { number, t } from './texts.js';
import { fillEnds } from './tools.js';

const LINES_SHOWN = 2000;

/* ---- findings */

export const sessionFindings = (id, signal) => getSessionFindings(id, signal);

const severityIcon = {error: 'warn', warning: 'flag', info: 'help'};

export function findingItem(finding, show) {
	const place = finding.line ?? finding.offset;
	/* What is missing, or said in the envelope, stands nowhere. */
	const isSomewhere = finding.line !== null || finding.offset > 0 ||
	    finding.bytes && finding.rule !== 'recipient-hidden';

	return h('li.finding.' + finding.severity,
	    h('div.finding-title',
		h('span.severity.' + finding.severity,
		    icon(severityIcon[finding.severity] ?? 'flag'),
		    t('severity_' + finding.severity)),
		h('strong', visible(finding.title || finding.rule))),
	    finding.bytes && h('code.finding-bytes', {dir: 'auto'},
		visible(finding.bytes)),
	    h('div.finding-foot', h('span', finding.section),
		h('code', finding.rule),
		finding.more > 0 && h('span',
		    t('finding_more', finding.more)),
		show && isSomewhere && button(
		    t(finding.line === null ? 'at_octet' : 'at_line',
			number(finding.line === null ? place : place + 1)),
		    show, {class: 'link-button'})));
}

/* ---- the transcript */

/* The record writes what is not printable as \r, \n, \0, \xNN. */
function escaped(text) {
	const nodes = [];
	let end = 0;

	for (const found of text.matchAll(/\\(?:x[0-9a-f]{2}|[rnt0\\.])/gi)) {
		nodes.push(visible(text.slice(end, found.index)),
		    found[0] === '\\\\' ? '\\'
			: found[0] === '\\.' ? h('span.sign.cut',
			    {title: t('line_unfinished')}, '…')
			: h('span.sign.control', found[0].slice(1)));
		end = found.index + found[0].length;
	}
	nodes.push(visible(text.slice(end)));
	return nodes;
}

const KINDS = {
	client: ['C', 'said_by_client'], server: ['S', 'said_by_server'],
	remark: ['–', 'remark'],
};

function replyClass(line) {
	return line.kind !== 'server' ? ''
	    : /^[45]/.test(line.text) ? ' bad' : '';
}

function lineRow(line, index, message) {
	const [mark, label] = KINDS[line.kind] ?? KINDS.remark;
	const isOurs = message && line.kind === 'remark' &&
	    line.text.includes(message);

	return h('tr', {
		class: `said ${line.kind}${replyClass(line)}` +
		    (isOurs ? ' ours' : ''), id: 'line-' + index,
	}, h('td.at', {title: t('since_start')}, line.at.toFixed(3)),
	h('td.who', h('span', {
		title: t(label) + (line.pipelined ? ', ' + t('pipelined') : ''),
	}, line.pipelined ? '+' + mark : mark),
	h('span.spoken', t(label))),
	h('td.text', {dir: 'auto'}, escaped(line.text)));
}

function transcriptTable(lines, findings, message, at) {
	const body = h('tbody');
	const shownTo = Math.max(LINES_SHOWN, at === '' ? 0 : Number(at) + 50);
	const byLine = Map.groupBy ? Map.groupBy(findings, (it) => it.line)
	    : findings.reduce((map, it) => map.set(it.line,
		[...map.get(it.line) ?? [], it]), new Map());

	function put(from, to) {
		for (let i = from; i < Math.min(to, lines.length); i++) {
			body.append(lineRow(lines[i], i, message));
			for (const it of byLine.get(i) ?? [])
				body.append(h('tr.said-finding',
				    h('td', {colspan: 2}), h('td',
					h('ul.plain', findingItem(it)))));
		}
	}

	put(0, shownTo);
	const more = lines.length > shownTo && button(
	    t('lines_more', lines.length - shownTo), () => {
		put(shownTo, lines.length);
		more.remove();
	});
	return [h('div.transcript-frame', {
		tabindex: 0, role: 'region', 'aria-label': t('transcript'),
	}, h('table.transcript', h('thead.spoken', h('tr',
	    h('th', {scope: 'col'}, t('time')),
	    h('th', {scope: 'col'}, t('who')),
	    h('th', {scope: 'col'}, t('text')))), body)), more];
}

/* ---- one session */

function sessionFacts(session) {
	const {tls, auth} = session;

	return facts([
		[t('peer'), visible(session.peer +
		    (session.peer_port ? ' : ' + session.peer_port : ''))],
		['HELO', visible(session.helo)],
		[t('listener'), visible([session.listener, session.protocol]
		    .filter(Boolean).join(', '))],
		[t('local'), visible(session.local)],
		[t('proxy'), visible(session.proxy)],
		[t('started'), fullTime(session.started)],
		[t('duration'), session.seconds === null ? t('still_open')
		    : seconds(session.seconds)],
		[t('ending'), visible(session.ending)],
		['TLS', tls ? visible([tls.version, tls.cipher, tls.group]
		    .filter(Boolean).join(', ')) : t('no_tls')],
		['SNI', tls && visible(tls.sni)],
		[t('client_cert'), tls && visible(tls.client_cert)],
		['AUTH', auth && [visible(auth.mechanism), ' ',
			bdi(visible(auth.identity))]],
	], {class: 'facts columns'});
}

export async function showSession(place, id, {signal, message, at = ''}) {
	const [session, lines, findings] = await Promise.all([
		getSession(id, signal), getTranscript(id, signal),
		getSessionFindings(id, signal),
	]);

	fill(place, h('section.block', sessionFacts(session),
	    h('p.actions',
		message && h('a.button', {href: write({view: 'sessions', id})},
		    icon('session'), t('open_session')),
		!message && session.accepted + session.refused +
		    session.aborted > 0 && h('a.button', {href: write({
			query: `session:${id} ${ANY_STATE}`,
		})}, icon('mail'), t('its_messages')),
		h('a.button', {
			href: transcriptUrl(id).href,
			download: `session-${session.seq}.txt`,
		}, icon('down'), t('as_text')),
		findings.length > 0 && h('span.muted',
		    t('findings_count', findings.length)))),
	transcriptTable(lines, findings, message, at));
	if (at !== '')
		place.querySelector('#line-' + Number(at))
		    ?.scrollIntoView({block: 'center'});
}

/* ---- the list */

function outcome(session) {
	const list = ['accepted', 'refused', 'aborted'].filter(
	    (it) => session[it] > 0);

	return list.length === 0 ? h('span.muted', t('no_mail'))
	    : list.map((it) => h('span.outcome.' + it,
		t('count_' + it, session[it])));
}

function makeRow(session, row) {
	fill(row, h('span.row-from', bdi(shown(session.peer)),
	    h('small', ' ', shown(session.helo, 80))),
	h('span.row-subject', outcome(session), ' ',
	    session.tls && h('span.label', shown(session.tls.version)),
	    session.user && h('span.label', bdi(shown(session.user, 40))),
	    h('span.row-snippet', shown(session.ending, 120))),
	h('span.row-meta', session.seconds === null
	    ? '' : seconds(session.seconds)),
	timeOf(session.started, {class: 'row-time'}));
}

export class SessionsView {
	constructor() {
		this.pane = h('article.message.session', {
			'aria-label': t('session'),
		});
		this.rows = new Rows({
			label: t('sessions'), make: makeRow, height: () => 56,
			canJump: true,
			load: async (place, signal) => {
				const {sessions} = await listSessions(place, signal);

				return place.order === 'oldest'
				    ? sessions.reverse() : sessions;
			},
			on: {
				open: (session) => go({
					view: 'sessions', id: session.id,
				}),
				change: () => this.update(), error: fail,
			},
		});
		this.nothing = h('p.nothing', {hidden: true}, t('no_sessions'));
		this.tools = h('div.list-tools');
		this.rows.element.addEventListener('scroll',
		    () => this.drawTools());
		this.element = h('div.split.sessions',
		    h('section.list', {'aria-label': t('sessions')},
			h('header.list-head',
			    h('div.list-title',
				h('h1', {tabindex: -1}, t('sessions')),
				h('span.spring'), this.tools),
			    h('p.muted', t('sessions_hint'))),
			this.nothing, this.rows.element),
		    this.pane);
		live.on('session', (data) => this.onSession(data));
		live.on('gap', () => this.isShown && this.rows.refresh());
		live.on('reload', () => this.isShown && this.rows.reset());
	}

	update() {
		this.nothing.hidden = !this.rows.isEmpty;
		this.drawTools();
	}

	drawTools() {
		fillEnds(this.tools, this.rows);
	}

	async onSession({id}) {
		if (!this.isShown)
			return;
		try {
			const session = await getSession(id);
			if (this.rows.find(id))
				this.rows.update(id, session);
			else
				this.rows.insert([session]);
		} catch {
			/* It is gone already. */
		}
	}

	show({id}) {
		setTitle(t('sessions'));
		if (!this.isShown)
			this.rows.reset();
		this.isShown = true;
		this.element.classList.toggle('reading', id !== '');
		if (id)
			this.open(id);
		else
			this.pane.replaceChildren();
		this.rows.setActive(id || this.rows.activeId);
	}

	hide() {
		this.isShown = false;
		this.abort?.abort();
	}

	async open(id) {
		const content = h('div.side');

		this.abort?.abort();
		this.abort = new AbortController();
		fill(this.pane, h('div.message-tools', iconButton('back',
		    t('back'), () => go({view: 'sessions'}))),
		h('header.message-head', h('h1', {tabindex: -1},
		    t('session'), ' ', h('code.break', shown(id, 60)))),
		content);
		try {
			await showSession(content, id, {signal: this.abort.signal});
		} catch (error) {
			if (!this.abort.signal.aborted)
				fill(content, h('p.nothing', error.message));
		}
	}

	key(key) {
		const {rows} = this;

		if (key === 'j' || key === 'k')
			rows.move(key === 'j' ? 1 : -1);
		else if ((key === 'o' || key === 'Enter') && rows.active)
			go({view: 'sessions', id: rows.active.id});
		else if ((key === 'Home' || key === 'End') && !readRoute().id)
			rows.jump(key === 'Home' ? 'newest' : 'oldest');
		else if (key === 'u' || key === 'Escape')
			go({view: 'sessions'});
		else
			return false;
		return true;
	}
}
