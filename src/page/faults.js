/* faults: the rules that make the server fail on purpose. */
import { addFault, ApiError, listFaults, putFaults, removeFault } from './api.js';
import { ask } from './dialog.js';
import { button, fill, h, icon, iconButton, shown, visible } from './dom.js';
import { live } from './live.js';
import { remember, settings } from './memory.js';
import { fail, notify, setTitle } from './notice.js';
import { number, t } from './texts.js';

/* What people want to see their program survive; mailstop-fault(5). */
const SCENARIOS = [
	['greylisting', 'rcpt first=1 per=recipient reply=450:4.7.1:"Greylisted, try again"'],
	['mailbox_full', 'rcpt to=*@full.test reply=452:4.2.2:"Mailbox full"'],
	['unknown_user', 'rcpt to=*@gone.test reply=550:5.1.1:"No such user"'],
	['rate_limit', 'mail rate=5/m per=sender reply=450:4.7.1:"Sending too fast"'],
	['too_many', 'connect rate=5/s reply=421:4.7.0:"Too many connections"'],
	['slow', 'any delay=2s'],
	['drip', 'connect drip=10'],
	['hang', 'data stall'],
	['lost_reply', 'body every=3 drop=after-commit'],
	['cut_off', 'data first=1 per=session drop=after-1000-bytes'],
	['reset', 'connect chance=20% rst'],
	['spam', 'body header:Subject=*lottery* reply=550:5.7.1:"No lotteries here"'],
	['too_large', 'body size>1M reply=552:5.3.4:"Message too big"'],
	['bad_login', 'auth reply=535:5.7.8:"Authentication failed"'],
	['tls_expired', 'tls tls=expired'],
	['tls_wrong_host', 'tls tls=wrong-host'],
	['no_starttls', 'helo hide=STARTTLS'],
	['chance', 'rcpt chance=10% reply=451:4.3.0:"Try again later"'],
];

export class FaultsView {
	constructor() {
		this.body = h('tbody');
		this.input = h('input.input.mono', {
			id: 'fault-rule', autocomplete: 'off', spellcheck: 'false',
			autocapitalize: 'off', 'aria-describedby': 'fault-mistake',
			placeholder: 'rcpt to=*@full.test reply=452:4.2.2:"Mailbox full"',
			oninput: () => this.forgive(),
		});
		this.mistake = h('div.search-mistake.still', {
			id: 'fault-mistake', role: 'status', hidden: true,
		});
		this.summary = h('p.muted');
		this.element = h('div.page',
		    h('h1', {tabindex: -1}, t('faults')),
		    h('p.lead', t('faults_lead')),
		    this.form(), h('section.block',
			h('div.table-frame', {
				tabindex: 0, role: 'region', 'aria-label': t('rules'),
			}, h('table.rules', h('thead', h('tr',
			    ['on', 'rule', 'fitted', 'acted'].map(
				(it) => h('th', {scope: 'col'}, t(it))),
			    h('td'))), this.body)),
			h('div.actions', this.summary,
			    this.clearButton = button(t('remove_all'),
				() => this.clear(), {class: 'button changes'},
				'trash'))),
		    this.scenarios());
		/* Counters move with sessions and messages. */
		live.on('session', () => this.later());
		live.on('message', () => this.later());
	}

	form() {
		return h('form.fault-form.changes', {onsubmit: (event) => {
			event.preventDefault();
			this.add(this.input.value.trim());
		}}, h('label', {for: 'fault-rule'}, t('new_rule')),
		h('div.input-row', this.input,
		    h('button.button.primary', {type: 'submit'}, icon('plus'),
			t('add'))), this.mistake);
	}

	scenarios() {
		return h('section.block.changes', {'aria-labelledby': 'scenarios'},
		    h('h2', {id: 'scenarios'}, t('scenarios')),
		    h('p.muted', t('scenarios_hint')),
		    h('ul.scenarios', SCENARIOS.map(([name, rule]) =>
			h('li', h('button.scenario', {
				type: 'button', onclick: () => {
					this.input.value = rule;
					this.forgive();
					this.input.focus();
				},
			}, h('strong', t('scenario_' + name)),
			h('code', rule))))));
	}

	/* ---- */

	forgive() {
		this.mistake.hidden = true;
		this.input.removeAttribute('aria-invalid');
	}

	blame(error, rule) {
		const found = error instanceof ApiError && error.status === 400 &&
		    /^(.*?)(?: \(at character (\d+)\))?$/s.exec(error.message);

		if (!found) {
			fail(error);
			return;
		}
		const at = found[2] ? Number(found[2]) - 1 : rule.length;
		this.input.setAttribute('aria-invalid', 'true');
		fill(this.mistake, h('code', shown(rule.slice(0, at)),
		    h('mark', rule.slice(at, at + 1) || '␣'),
		    shown(rule.slice(at + 1))), h('span', found[1]));
		this.mistake.hidden = false;
	}

	async add(rule) {
		if (!rule)
			return;
		try {
			await addFault(rule);
			this.input.value = '';
			this.forgive();
			notify(t('rule_added'));
		} catch (error) {
			this.blame(error, rule);
		}
		await this.load();
	}

	/* The server knows only rules that are on; this browser remembers the
	   others. */
	async turn(rule, isOn) {
		const off = settings.faultsOff.filter((it) => it !== rule.rule);

		try {
			if (isOn)
				await addFault(rule.rule);
			else
				await removeFault(rule.id);
			remember({
				faultsOff: isOn ? off : [...off, rule.rule],
			});
		} catch (error) {
			fail(error);
		}
		await this.load();
		this.body.querySelectorAll('input').forEach((it) =>
			it.dataset.rule === rule.rule && it.focus());
	}

	async remove(rule) {
		try {
			if (rule.id)
				await removeFault(rule.id);
			else
				remember({faultsOff: settings.faultsOff.filter(
				    (it) => it !== rule.rule)});
		} catch (error) {
			fail(error);
		}
		await this.load();
		this.input.focus();
	}

	async clear() {
		if (!await ask(t('remove_all'), t('remove_rules_ask'), t('remove')))
			return;
		try {
			await putFaults([]);
			remember({faultsOff: []});
		} catch (error) {
			fail(error);
		}
		await this.load();
	}

	row(rule) {
		const isOn = Boolean(rule.id);
		const [moment, ...rest] = rule.rule.split(' ');

		return h('tr', {class: isOn ? '' : 'off'},
		    h('td', h('input.switch', {
			type: 'checkbox', role: 'switch', checked: isOn,
			'data-rule': rule.rule, 'aria-label': rule.rule,
			onchange: (event) => this.turn(rule,
			    event.currentTarget.checked),
		    })),
		    h('td.rule', h('code', h('b',
			visible(moment)), ' ', visible(rest.join(' '))),
		    isOn && h('small', rule.id)),
		    h('td.number', isOn ? number(rule.seen) : '–'),
		    h('td.number', isOn ? number(rule.acted) : '–'),
		    h('td', iconButton('trash', t('remove_rule', rule.rule),
			() => this.remove(rule),
			{class: 'icon-button changes'})));
	}

	async load() {
		try {
			const {faults, seed} = await listFaults();
			const off = settings.faultsOff.filter((it) =>
				!faults.some((rule) => rule.rule === it));
			const rules = [...faults, ...off.map((rule) => ({rule}))];

			fill(this.body, rules.length ? rules.map(
			    (it) => this.row(it)) : h('tr',
			    h('td.nothing', {colspan: 5}, t('no_rules'))));
			this.summary.textContent = t('seed', String(seed));
			this.clearButton.hidden = rules.length === 0;
		} catch (error) {
			fail(error);
		}
	}

	/* What is under the hand is not taken away by a counter. */
	later() {
		if (!this.isShown || this.timer ||
		    this.body.contains(document.activeElement))
			return;
		this.timer = setTimeout(() => {
			this.timer = null;
			this.load();
		}, 300);
	}

	show() {
		setTitle(t('faults'));
		this.isShown = true;
		this.load();
	}

	hide() {
		this.isShown = false;
	}

	key() {
		return false;
	}
}
