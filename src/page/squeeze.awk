# squeeze: takes out of a script or a style sheet what only its readers need.
#
# It knows the tokens of a script and little of its grammar, so it asks something
# of them: a comment begins and ends with its line, code is indented with tabs,
# each statement ends with a semicolon or a brace, an empty one has a line of
# its own, and nothing but a template literal goes on in the next line.

function put_style(line) {
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
		printf "%s", substr(last, 1, length(last) - 200)
		last = substr(last, length(last) - 199)
	}
	last = join(last (is_apart(last, line) ? "\n" : ""), line)
}

!is_open { sub(/^\t+ */, "") }
!is_open && /^\/\*/ { is_comment = 1 }
is_comment { is_comment = !/\*\/$/; next }
$0 == "" && !is_open { next }
kind == "css" { put_style($0); next }
{ put_script($0) }
END { print last }
