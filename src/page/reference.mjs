// reference: shows the OpenAPI description of the API for people.

const description = await (await fetch("swagger.json")).json();

function element(name, text, className) {
	const made = document.createElement(name);
	if (text !== undefined)
		made.textContent = text;
	if (className)
		made.className = className;
	return made;
}

// A schema as one would write an example of it.
function sketch(schema, depth = 0) {
	if (schema.$ref) {
		const name = schema.$ref.split("/").pop();
		if (depth > 3)
			return name;
		return sketch(description.components.schemas[name], depth + 1);
	}
	if (schema.allOf)
		return sketch(schema.allOf[0], depth);
	if (schema.type === "array")
		return [sketch(schema.items, depth + 1)];
	if (schema.properties)
		return Object.fromEntries(Object.entries(schema.properties)
			.map(([name, of]) => [name, sketch(of, depth + 1)]));
	if (schema.enum)
		return schema.enum.join(" | ");
	return schema.format || schema.type || "any";
}

function addContent(to, label, content) {
	for (const [type, { schema }] of Object.entries(content || {})) {
		to.append(element("p", `${label}: ${type}`));
		if (schema.type !== "string")
			to.append(element("pre",
				JSON.stringify(sketch(schema), null, 2)));
	}
}

function addParameters(to, parameters) {
	const table = element("table");
	for (const one of parameters || []) {
		const row = table.insertRow();
		row.insertCell().append(element("code", one.name));
		row.insertCell().textContent = one.in;
		row.insertCell().textContent = one.schema.type;
		row.insertCell().textContent = one.description;
	}
	if (table.rows.length)
		to.append(table);
}

function show(method, path, operation) {
	const details = element("details");
	const summary = element("summary");
	summary.append(element("span", method.toUpperCase(), "method"),
		element("span", path, "path"),
		element("span", operation.summary, "what"));
	details.append(summary);
	addParameters(details, operation.parameters);
	addContent(details, "Request", operation.requestBody?.content);
	for (const [status, answer] of Object.entries(operation.responses)) {
		details.append(element("p", `${status}: ${answer.description}`));
		addContent(details, "Answer", answer.content);
	}
	return details;
}

const main = document.querySelector("main");
document.querySelector("#about").textContent =
	description.info.description;
const link = element("a", "swagger.json");
link.href = "swagger.json";
const where = element("p", "For programs: ");
where.append(link);
main.append(where);
for (const tag of description.tags) {
	main.append(element("h2", `${tag.name}: ${tag.description}`));
	for (const [path, item] of Object.entries(description.paths))
		for (const [method, operation] of Object.entries(item))
			if (operation.tags.includes(tag.name))
				main.append(show(method, path, operation));
}
