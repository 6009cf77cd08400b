/*
 * live: what happens on the server, while it happens.
 *
 * One tab of a browser listens and tells the others: HTTP/1.1 has six
 * connections a host, and a seventh tab would get none. The lock that decides
 * who listens is let go when its tab is closed; the next one resumes from the
 * event that it saw last, so nothing is missed. Where there are no locks (plain
 * HTTP on another host) each tab listens by itself.
 */
import { getNow, own_url, root } from './api.js';

const KINDS = ['message', 'session', 'delete', 'update', 'reload'];
const RETRY_MS = [1000, 2000, 4000, 8000];

const name = 'mailstop ' + root.href;
const target = new EventTarget();
let channel = null;
let source = null;
let seq = 0;
let failures = 0;
let isLeader = false;
let state = 'connecting';

const on = (kind, listener) =>
	target.addEventListener(kind, (event) => listener(event.detail));
const connection = () => state;

const emit = (kind, detail) =>
	target.dispatchEvent(new CustomEvent(kind, {detail}));

function setState(next) {
	if (state === next)
		return;
	const wasLost = state === 'lost';

	state = next;
	emit('state', next);
	/* Messages resume without a gap; what was marked or removed meanwhile
	   has to be read again. */
	if (next === 'live' && wasLost)
		emit('gap');
}

function take({kind, id, data}) {
	if (id > seq)
		seq = id;
	emit(kind, data);
}

function tell(post) {
	channel?.postMessage(post);
	if (post.state)
		setState(post.state);
	else
		take(post);
}

function connect() {
	source?.close();
	source = new EventSource(own_url('events', {after: seq || '0'}));
	source.onopen = () => {
		failures = 0;
		tell({state: 'live'});
	};
	source.onerror = () => {
		tell({state: 'lost'});
		/* It tries again by itself, unless it was given an error. */
		if (source.readyState === EventSource.CLOSED)
			retry();
	};
	for (const kind of KINDS)
		source.addEventListener(kind, (event) => tell({
			kind, id: Number(event.lastEventId),
			data: JSON.parse(event.data),
		}));
}

function retry() {
	const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];

	setTimeout(async () => {
		try {
			/* A server that keeps nothing has begun anew. */
			const now = await getNow();
			if (now.seq < seq) {
				seq = now.seq;
				emit('reload', {});
			}
		} catch {
			retry();
			return;
		}
		connect();
	}, wait);
}

function listen() {
	channel = window.BroadcastChannel ? new BroadcastChannel(name) : null;
	if (!channel)
		return;
	channel.onmessage = ({data}) => {
		if (data.ask)
			isLeader && channel.postMessage({state});
		else if (data.state)
			setState(data.state);
		else
			take(data);
	};
	channel.postMessage({ask: true});
}

function lead() {
	isLeader = true;
	connect();
	return new Promise(() => {});
}

/* From the first message behind `after` on. */
function start(after) {
	seq = Math.max(seq, after);
	if (isStarted())
		return;
	listen();
	if (navigator.locks && channel)
		navigator.locks.request(name, lead);
	else
		lead();
}

const isStarted = () => channel !== null || source !== null;

export const live = {on, connection, isStarted, start};

/* A page that comes out of the browser's cache has slept meanwhile. */
addEventListener('pageshow', (event) => event.persisted && location.reload());
