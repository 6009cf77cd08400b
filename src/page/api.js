/* api: the requests that the page makes; where the server is. */

/* This file is ROOT/page/VERSION/api.js. */
export const root = new URL('../../', import.meta.url);
const own = new URL('api/mailstop/v1/', root);
const mailpit = new URL('api/v1/', root);

export class ApiError extends Error {
	constructor(status, text) {
		super(text);
		this.status = status;
	}
}

function query(parameters) {
	const list = Object.entries(parameters || {}).filter(
	    ([, value]) => value !== undefined && value !== '' && value !== 0);

	return list.length ? '?' + new URLSearchParams(list) : '';
}

async function failure(response) {
	const text = (await response.text()).trim();

	try {
		const body = JSON.parse(text);
		return new ApiError(response.status, body.error || body.Error);
	} catch {
		return new ApiError(response.status,
		    text.slice(0, 300) || response.statusText);
	}
}

async function call(url, options) {
	const response = await fetch(url, {
		credentials: 'same-origin', redirect: 'error', ...options,
	});

	if (!response.ok)
		throw await failure(response);
	return response;
}

const json = async (url, options) => (await call(url, options)).json();
const body = (value) => ({
	headers: {'Content-Type': 'application/json'},
	body: JSON.stringify(value),
});
const part = (text) => encodeURIComponent(text);

/* ---- mailstop's own API */

export const ANY_STATE =
	'(state:accepted OR state:refused OR state:aborted)';

export const own_url = (path, parameters) =>
	new URL(path + query(parameters), own);

export const listMessages = (parameters, signal) =>
	json(own_url('messages', parameters), {signal});
/* The newest, which index.html has asked for before any script ran: in the same
   words, so that the answer is taken, and by this page always, as one that
   nobody takes would be given to who asks hours later. */
export const FIRST = {limit: 200, order: 'newest'};
export const getMessage = (id, signal) =>
	json(own_url('message/' + part(id)), {signal});
export const rawUrl = (id) => own_url(`message/${part(id)}/raw`);
export const getRaw = async (id, signal) =>
	new Uint8Array(await (await call(rawUrl(id), {signal})).arrayBuffer());
export const removeMatching = (text) =>
	json(own_url('messages', {query: text}),
	    {method: 'DELETE', keepalive: true});
/* Of any state; the addresses stay short. All are asked at once, as the page
   may be about to go. */
export function removeMessages(ids) {
	const asked = [];

	for (let i = 0; i < ids.length; i += 50)
		asked.push(removeMatching('(' + ids.slice(i, i + 50)
		    .map((id) => 'id:' + id).join(' OR ') + ') ' + ANY_STATE));
	return Promise.all(asked);
}
export const getNow = () => json(own_url('now'));

/* What the server is, and where it is reached: asked now, or once. */
let server = null;
export function askServer() {
	server = json(own_url('server'));
	server.catch(() => server = null);
	return server;
}
export const getServer = () => server ?? askServer();
/* A view of a database (mailstop ui) refuses what would change it; then the
   page hides what is of the class "changes". */
export const isReadOnly = () => getServer().then(
    (it) => it.read_only, () => false);
export const isView = () =>
	document.documentElement.classList.contains('read-only');

export const listSessions = (parameters, signal) =>
	json(own_url('sessions', parameters), {signal});
export const getSession = (id, signal) =>
	json(own_url('session/' + part(id)), {signal});
export const getTranscript = async (id, signal) => (await json(
    own_url(`session/${part(id)}/transcript`),
    {signal, headers: {Accept: 'application/json'}})).transcript;
export const transcriptUrl = (id) =>
	own_url(`session/${part(id)}/transcript`);
export const getSessionFindings = async (id, signal) => (await json(
    own_url(`session/${part(id)}/findings`), {signal})).findings;

export const listFaults = () => json(own_url('faults'));
export const addFault = (rule) =>
	json(own_url('faults'), {method: 'POST', ...body({rule})});
export const putFaults = (rules) =>
	json(own_url('faults'), {method: 'PUT', ...body({faults: rules})});
export const removeFault = (id) =>
	json(own_url('fault/' + part(id)), {method: 'DELETE'});

export const listInboxes = async () =>
	(await json(own_url('inboxes'))).inboxes;
export const removeInbox = (name) =>
	json(own_url('inbox/' + part(name)), {method: 'DELETE'});

/* ---- Mailpit's API, for what ours does not have */

const pit = (path, method, value) =>
	call(new URL(path, mailpit), {method, ...body(value)});

export const getInfo = () => json(new URL('info', mailpit));

export const markRead = (ids, isRead) =>
	pit('messages', 'PUT', {IDs: ids, Read: isRead});
export const markAllRead = () => pit('messages', 'PUT', {Read: true});
export const setTags = (ids, tags) =>
	pit('tags', 'PUT', {IDs: ids, Tags: tags});
export const sendMessage = (message) => pit('send', 'POST', message);
export const partUrl = (id, number) =>
	new URL(`message/${part(id)}/part/${part(number)}`, mailpit);
export const getPart = (id, number, signal) =>
	call(partUrl(id, number), {signal});
