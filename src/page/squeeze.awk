# squeeze: takes out of a script or a style sheet what only its readers need.
#
# It knows no grammar, so it asks something of them: code is indented with tabs,
# and a line of a template literal never begins with one; a comment begins and
# ends with its line. Then tabs at the front are no part of a string, and a line
# may follow what ends with a bracket, a comma or a semicolon. Blanks are taken
# only where a line has no string in it, or plain ones in single quotes, and no
# slash, which may begin a regular expression; no operator is followed by the
# same one.

function tighten(text) {
	gsub(/ *=> */, "=>", text)
	gsub(/ *=== */, "===", text)
	gsub(/ *!== */, "!==", text)
	gsub(/ *&& */, "\\&\\&", text)
	gsub(/ *\|\| */, "||", text)
	gsub(/ *\?\? */, "??", text)
	gsub(/ = /, "=", text)
	gsub(/ \+ /, "+", text)
	gsub(/ > /, ">", text)
	gsub(/ < /, "<", text)
	gsub(/ >= /, ">=", text)
	gsub(/ <= /, "<=", text)
	gsub(/ \? /, "?", text)
	gsub(/ *, */, ",", text)
	gsub(/ *; */, ";", text)
	gsub(/ *: */, ":", text)
	gsub(/ *\( */, "(", text)
	gsub(/ *\{ */, "{", text)
	gsub(/ *\} */, "}", text)
	gsub(/ *\[ */, "[", text)
	gsub(/ +\)/, ")", text)
	gsub(/\) +\?/, ")?", text)
	return text
}

# What stands outside of single quotes; the whole line where that is not sure.
function squeeze(line,    parts, count, i, text) {
	count = split(line, parts, "'")
	if (line ~ /["`\\]/ || count % 2 == 0)
		return line
	for (i = 1; i <= count; i += 2)
		if (parts[i] ~ /\//)
			return line
	for (i = 1; i <= count; i++)
		text = text (i > 1 ? "'" : "") \
		    (i % 2 ? tighten(parts[i]) : parts[i])
	return text
}

function put_style(line) {
	gsub(/: /, ":", line)
	gsub(/ > /, ">", line)
	gsub(/ [{] ?/, "{", line)
	gsub(/; ?[}]/, "}", line)
	gsub(/; /, ";", line)
	gsub(/, /, ",", line)
	printf "%s", line
}

function put_script(line, is_code,    end) {
	end = substr(last, length(last))
	if (last != "" && !(is_code && index("{(,;[", end)))
		print ""
	printf "%s", is_code ? squeeze(line) : line
	last = line
}

{ is_code = sub(/^\t+ */, "") || /^(export |function |async f|import [{*])/ }
/^\/\*/ { is_comment = 1 }
is_comment { is_comment = !/\*\/$/; next }
$0 == "" { next }
kind == "css" { put_style($0); next }
{ put_script($0, is_code) }
END { print "" }
