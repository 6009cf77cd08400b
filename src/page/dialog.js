/* dialog: questions. */
import { button, h, iconButton } from './dom.js';
import { t } from './texts.js';

export function openDialog(title, content, actions = []) {
	const id = 'dialog-title';
	const dialog = h('dialog.dialog', {
		'aria-labelledby': id,
		onclose: () => dialog.remove(),
		onclick: (event) => event.target === dialog && dialog.close(),
	}, h('form', {method: 'dialog', onsubmit: (event) => {
		event.preventDefault();
		dialog.close(event.submitter?.value || 'ok');
	}}, h('header', h('h2', {id}, title),
	    iconButton('close', t('close'), () => dialog.close())),
	h('div.dialog-body', content),
	actions.length > 0 && h('footer', actions)));

	document.body.append(dialog);
	dialog.showModal();
	return dialog;
}

/* Resolves to whether it was agreed to. */
export function ask(title, text, yes) {
	return new Promise((resolve) => {
		const dialog = openDialog(title, h('p', text), [
			button(t('cancel'), () => dialog.close()),
			h('button.button.danger', {
				type: 'submit', value: 'yes', autofocus: true,
			}, yes),
		]);
		dialog.addEventListener('close',
		    () => resolve(dialog.returnValue === 'yes'));
	});
}

/* Resolves to the text, or null. */
export function askText(title, label, value, hint, list = []) {
	return new Promise((resolve) => {
		const input = h('input.input', {
			id: 'asked', value, list: 'asked-list', autofocus: true,
			autocomplete: 'off',
		});
		const dialog = openDialog(title, [
			h('label', {for: 'asked'}, label), input,
			h('datalist', {id: 'asked-list'}, list.map(
			    (it) => h('option', {value: it}))),
			h('p.muted', hint),
		], [
			button(t('cancel'), () => dialog.close()),
			h('button.button.primary', {type: 'submit', value: 'ok'},
			    t('save')),
		]);
		dialog.addEventListener('close', () => resolve(
		    dialog.returnValue === 'ok' ? input.value : null));
	});
}
