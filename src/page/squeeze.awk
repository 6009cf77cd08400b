# squeeze: takes out of a script or a style sheet what only its readers need.
#
# It knows the tokens of a script and little of its grammar, so it asks something
# of them: a comment begins and ends with its line, code is indented with tabs,
# each statement ends with a semicolon or a brace, an empty one has a line of
# its own, and nothing but a template literal goes on in the next line. What a
# file declares at the left margin without exporting it gets a short name, unless
# there is a doubt about one of the places where it stands. A constant is as constant when
# it is a variable that nobody changes.

# The names of our own properties are known to the style sheets alone, all of
# them but what scripts set, which has one letter. They lose their vowels.
function put_style(line,    out, name) {
	while (match(line, /--[a-z][a-z-]+/)) {
		name = substr(line, RSTART + 2, RLENGTH - 2)
		gsub(/[aeiou]/, "", name)
		out = out substr(line, 1, RSTART + 1) name
		line = substr(line, RSTART + RLENGTH)
	}
	line = out line
	gsub(/: /, ":", line)
	gsub(/ > /, ">", line)
	gsub(/ [{] ?/, "{", line)
	gsub(/; ?[}]/, "}", line)
	gsub(/; /, ";", line)
	gsub(/, /, ",", line)
	printf "%s", line
}

# What a literal that begins the text takes; 0 where it does not end there.
function literal(text, quote,    i, one, is_class) {
	for (i = 2; i <= length(text); i++) {
		one = substr(text, i, 1)
		if (one == "\\")
			i++
		else if (quote == "/" && (one == "[" || one == "]"))
			is_class = one == "["
		else if (one == quote && !is_class)
			return i
	}
	return 0
}

# A slash divides what stands before it, or begins an expression.
function begins_literal(one, before) {
	return one ~ /['"`]/ || one == "/" && before ~ /[(,=:[!&|?{;]$|^$/
}

# Whether these need something between them: words do, and operators that would
# become another one.
function is_apart(before, after) {
	before = substr(before, length(before))
	after = substr(after, 1, 1)
	return before ~ /[A-Za-z0-9_$]/ && after ~ /[A-Za-z0-9_$#]/ ||
	    before after ~ /^(\+\+|--|\/[\/*])$/
}

# Two pieces of code as one.
function join(before, after) {
	if (after ~ /^[)}\]]/)
		sub(/,$/, "", before)
	if (after ~ /^}/ && before ~ /[^;];$/)
		before = substr(before, 1, length(before) - 1)
	if (after ~ /^=>/ && match(before, /[^A-Za-z0-9_$]\([A-Za-z]+\)$/))
		before = substr(before, 1, RSTART) \
		    substr(before, RSTART + 2, RLENGTH - 3)
	return before after
}

function squeeze(text,    out, one, end, gap) {
	while (text != "") {
		gap = match(text, /^ +/) ? " " : ""
		text = substr(text, gap ? RLENGTH + 1 : 1)
		one = substr(text, 1, 1)
		end = match(text, /^([A-Za-z0-9_$]+|=>)/) ? RLENGTH : 1
		if (begins_literal(one, out)) {
			end = literal(text, one)
			is_open = end == 0
			if (is_open)
				return out text
		}
		one = substr(text, 1, end)
		out = join(out (is_apart(out, one) ? gap : ""), one)
		text = substr(text, end + 1)
	}
	return out
}

# The rest of a template literal, and what follows it.
function close_template(line,    end) {
	end = literal("`" line, "`")
	is_open = end == 0
	return is_open ? line : substr(line, 1, end - 1) \
	    squeeze(substr(line, end))
}

# One line behind, as what follows decides how it ends.
function put_script(line) {
	if (is_open) {
		last = last "\n" close_template(line)
		return
	}
	line = squeeze(line)
	if (length(last) > 400) {
		code = code substr(last, 1, length(last) - 200)
		last = substr(last, length(last) - 199)
	}
	last = join(last (is_apart(last, line) ? "\n" : ""), line)
}

# Declarations at the margin; a method of that name would be taken for one.
function note_names(line) {
	if (line ~ /^(async function|function|const|let|class) /) {
		sub(/^(async function|function|const|let|class) /, "", line)
		if (match(line, /^[A-Za-z_]+/) && RLENGTH > 2) {
			order[++name_count] = substr(line, 1, RLENGTH)
			names[order[name_count]] = ""
		}
	} else if (line ~ /^\t+(async |get |static )*[A-Za-z]+\(.*[{]$/) {
		gsub(/^\t+|async |get |static /, "", line)
		doubtful[substr(line, 1, index(line, "(") - 1)]
	}
}

# Short names appear in nothing that is written by hand.
function short(number,    text) {
	do
		text = substr("abcdefghijklmnopqrstuvwxyz", number % 26 + 1, 1) \
		    text
	while ((number = int(number / 26)) > 0)
	return "$" text
}

# What stands in braces without a colon is a name and a key at once; between
# commas it may be.
function is_doubtful(before, after) {
	return before ~ /[{,]/ && after ~ /[},]/
}

function is_key(before, after) {
	return before == "." || before ~ /[{,]/ && after == ":"
}

# Goes through the code by its tokens: with `rename`, gives it with new names,
# else finds those that may not have one.
function walk(text, rename,    out, one, end, before, after, name) {
	while (text != "") {
		one = substr(text, 1, 1)
		end = match(text, /^([A-Za-z0-9_$]+|\.\.\.)/) ? RLENGTH : 1
		if (begins_literal(one, before))
			end = literal(text, one)
		one = substr(text, 1, end)
		text = substr(text, end + 1)
		after = substr(text, 1, 1)
		if (one ~ /^`/ && !rename)
			for (name in names)
				if (index(one, name))
					doubtful[name]
		if (one in names && !is_key(before, after)) {
			if (!rename && is_doubtful(before, after))
				doubtful[one]
			else if (rename && names[one] != "")
				one = names[one]
		}
		if (one == "const" && before != ".")
			one = "let"
		out = rename ? out one : ""
		if (one !~ /^[ \n]$/)
			before = one == "..." ? "=" : substr(one, length(one))
	}
	return out
}

function print_script(    i, number) {
	code = code last
	walk(code, 0)
	for (i = 1; i <= name_count; i++)
		if (!(order[i] in doubtful))
			names[order[i]] = short(number++)
	print walk(code, 1)
}

kind == "js" && !is_open { note_names($0) }
!is_open { sub(/^\t+ */, "") }
!is_open && /^\/\*/ { is_comment = 1 }
is_comment { is_comment = !/\*\/$/; next }
$0 == "" && !is_open { next }
kind == "css" { put_style($0); next }
{ put_script($0) }
END { if (kind == "js") print_script(); else print "" }
