# squeeze: makes one script, or one style sheet, of several, without what only
# their readers need.
#
# It knows the tokens of a script and little of its grammar, so it asks something
# of them: a comment begins and ends with its line, code is indented with tabs,
# each statement ends with a semicolon or a brace, an empty one has a line of
# its own, and nothing but a template literal goes on in the next line. A module
# names what it imports, in braces, before all else, and exports by declaring.
#
# Modules are put behind what they import, in one scope. What a file declares at
# the left margin gets a short name, unless there is a doubt about one of the
# places where it stands; then it must be the only one of its name. A constant
# is as constant when it is a variable that nobody changes.

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
	return one ~ /['"`]/ || one == "/" && before ~ /[(,=>:[!&|?{;]$|^$/
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
		code[file] = code[file] substr(last, 1, length(last) - 200)
		last = substr(last, length(last) - 199)
	}
	last = join(last (is_apart(last, line) ? "\n" : ""), line)
}

# Declarations at the margin; a method of that name would be taken for one.
function note_names(line,    name) {
	if (line ~ /^(async function|function|const|let|class)[* ]/) {
		sub(/^(async function|function|const|let|class)[* ]+/, "", line)
		if (match(line, /^[A-Za-z_]+/)) {
			name = substr(line, 1, RLENGTH)
			owner[file, name] = file
			order[++name_count] = file SUBSEP name
		}
	} else if (line ~ /^\t+(async |get |static )*[A-Za-z]+\(.*[{]$/) {
		gsub(/^\t+|async |get |static /, "", line)
		doubtful[file, substr(line, 1, index(line, "(") - 1)]
	}
}

# The file is over.
function put_file() {
	if (file)
		code[file] = code[file] last
	last = ""
	is_open = is_comment = 0
}

function base(path) {
	sub(/.*\//, "", path)
	return path
}

function fail(text) {
	print "squeeze: " text >"/dev/stderr"
	has_failed = 1
	exit 1
}

# Takes the imports off the front of a file.
function take_imports(file,    one, from, list, i, count) {
	while (match(code[file], /^import\{[^}]*\}from'\.\/[^']*';/)) {
		one = substr(code[file], 8, RLENGTH - 9)
		code[file] = substr(code[file], RLENGTH + 1)
		from = one
		sub(/.*'\.\//, "", from)
		sub(/\}.*/, "", one)
		needs[file] = needs[file] from " "
		count = split(one, list, ",")
		for (i = 1; i <= count; i++) {
			if (!((from, list[i]) in exported))
				fail(file ": " list[i] " is not in " from)
			owner[file, list[i]] = from
		}
	}
	if (code[file] ~ /^import/)
		fail(file ": an import of another form")
}

# Short names appear in nothing that is written by hand.
function short(number,    text) {
	do
		text = substr("abcdefghijklmnopqrstuvwxyz", number % 26 + 1, 1) \
		    text
	while ((number = int(number / 26)) > 0)
	return "$" text
}

# What stands in braces without a colon is a name and a key at once.
function is_doubtful(bracket, before, after) {
	return bracket == "{" && before ~ /[{,]/ && after ~ /[},]/
}

function is_key(before, after) {
	return before == "." || before ~ /[{,]/ && after == ":"
}

# Goes through the code by its tokens: with `rename`, gives it with new names,
# else finds those that may not have one.
function walk(file, rename,    text, out, one, end, before, after, name, depth,
    brackets, i, count, list) {
	text = code[file]
	while (text != "") {
		one = substr(text, 1, 1)
		end = match(text, /^([A-Za-z0-9_$]+|\.\.\.)/) ? RLENGTH : 1
		if (begins_literal(one, before))
			end = literal(text, one)
		if (!end)
			fail(file ": a literal does not end: " substr(text, 1, 40))
		one = substr(text, 1, end)
		text = substr(text, end + 1)
		after = substr(text, 1, 1)
		if (one ~ /^[({[]$/)
			brackets[++depth] = one
		else if (one ~ /^[)}\]]$/)
			depth--
		if (one ~ /^`/ && !rename) {
			count = split(one, list, /[^A-Za-z0-9_$]+/)
			for (i = 1; i <= count; i++)
				doubtful[file, list[i]]
		}
		if ((file, one) in owner && !is_key(before, after)) {
			if (!rename && is_doubtful(brackets[depth], before, after))
				doubtful[file, one]
			else if (rename)
				one = names[owner[file, one], one]
		}
		if (one == "const" && before != ".")
			one = "let"
		out = rename ? out one : ""
		if (one !~ /^[ \n]$/)
			before = one == "..." ? "=" : substr(one, length(one))
	}
	return out
}

# Whether a file that uses it has a doubt.
function is_kept(from, name,    i) {
	for (i = 1; i <= file_count; i++)
		if ((files[i], name) in owner && owner[files[i], name] == from &&
		    (files[i], name) in doubtful)
			return 1
	return 0
}

function choose_names(    i, parts, number, kept) {
	for (i = 1; i <= name_count; i++) {
		split(order[i], parts, SUBSEP)
		if (!is_kept(parts[1], parts[2])) {
			names[parts[1], parts[2]] = short(number++)
			continue
		}
		if (parts[2] in kept)
			fail(parts[2] " is in " kept[parts[2]] " and " parts[1])
		kept[parts[2]] = parts[1]
		names[parts[1], parts[2]] = parts[2]
	}
}

function print_file(file,    list, i, count) {
	if (file in is_printed)
		return
	is_printed[file]
	count = split(needs[file], list, " ")
	for (i = 1; i <= count; i++)
		print_file(list[i])
	printf "%s", walk(file, 1)
}

function print_scripts(    i) {
	for (i = 1; i <= file_count; i++)
		take_imports(files[i])
	for (i = 1; i <= file_count; i++)
		walk(files[i], 0)
	choose_names()
	for (i = 1; i <= file_count; i++)
		print_file(files[i])
	print ""
}

FNR == 1 { put_file(); file = files[++file_count] = base(FILENAME) }
kind == "js" && !is_open && /^export / {
	sub(/^export /, "")
	name = $0
	sub(/^(async function|function|const|class)[* ]+/, "", name)
	match(name, /^[A-Za-z_]+/)
	exported[file, substr(name, 1, RLENGTH)]
}
kind == "js" && !is_open { note_names($0) }
!is_open { sub(/^\t+ */, "") }
!is_open && /^\/\*/ { is_comment = 1 }
is_comment { is_comment = !/\*\/$/; next }
$0 == "" && !is_open { next }
kind == "css" { put_style($0); next }
{ put_script($0) }
END {
	put_file()
	if (has_failed)
		exit 1
	if (kind == "js")
		print_scripts()
	else
		print ""
}
